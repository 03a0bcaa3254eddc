// The three tests that everybody wants.
"use strict";
const assert = require("node:assert");
const { test } = require("node:test");
const { serve } = require("tempfail/node");
const { invoiceFor, runJob } = require("./invoices.js");

const customer = "you@example.test";

test("retried on 452", async (t) => {
  const server = await serve(t, "disk-full", { role: "queueing" });
  const invoices = [invoiceFor(customer)];
  await runJob(invoices, server);
  assert.match(invoices[0].trouble, /^452/);
  await server.advance("1h");
  await runJob(invoices, server);
  const [mail] = await server.accepted(1);
  assert.strictEqual(mail.header("Subject"), "Your invoice");
  await server.judge();
});

test("no duplicate when the connection drops after the dot", async (t) => {
  const server = await serve(t, "closed-after-final-dot", { role: "queueing" });
  const invoices = [invoiceFor(customer)];
  for (let run = 0; run < 3; ++run) {
    await runJob(invoices, server);
    await server.advance("1h");
  }
  assert.deepStrictEqual((await server.accepted()).map((mail) => mail.recipients), [[customer]]);
  await server.judge();
});

test("a 5xx reaches the user", async (t) => {
  const server = await serve(t, "no-such-user", { role: "one-shot" });
  await server.expect(customer, undefined, { sender: "billing@shop.test" });
  const invoices = [invoiceFor(customer)];
  await runJob(invoices, server);
  assert.strictEqual(invoices[0].state, "failed");
  assert.match(invoices[0].trouble, /^550/);
  await server.judge("permanent");
});
