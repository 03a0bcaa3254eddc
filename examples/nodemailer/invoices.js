// An application that mails invoices: what could not be sent is sent with the next run of its job.
"use strict";
const { randomUUID } = require("node:crypto");
const { createTransport } = require("nodemailer");

/** `messageId`: one for all tries. A server that has the message already can tell. */
const invoiceFor = (customer) => ({ customer, state: "unsent", trouble: "", messageId: `<${randomUUID()}@shop.test>` });

/** Sends all that is unsent. */
async function runJob(invoices, { host, port }) {
  const transport = createTransport({ host, port, ignoreTLS: true });
  for (const invoice of invoices.filter((one) => one.state === "unsent")) {
    const { customer: to, messageId } = invoice;
    try {
      await transport.sendMail({ from: "billing@shop.test", to, messageId, subject: "Your invoice", text: "Please pay." });
      invoice.state = "sent";
    } catch (refused) {
      invoice.trouble = refused.response ?? refused.message;
      if (refused.responseCode >= 500) invoice.state = "failed"; // else: once more
    }
  }
}

module.exports = { invoiceFor, runJob };
