// Sends one message with nodemailer; argument: a JSON object (senders/nodemailer.py). Last line: what became of it.
const fs = require("fs");
const nodemailer = require("nodemailer");

const plan = JSON.parse(process.argv[2]);
const tls = { rejectUnauthorized: Boolean(plan.ca) };
if (plan.ca) tls.ca = fs.readFileSync(plan.ca);
if (plan.name) tls.servername = plan.name;

const transport = nodemailer.createTransport({
  host: plan.host,
  port: plan.port,
  name: "nodemailer.sender.test",
  secure: Boolean(plan.implicit),
  ignoreTLS: plan.tls === "none",
  opportunisticTLS: plan.tls === "opportunistic",
  requireTLS: plan.tls === "required",
  connectionTimeout: plan.timeout,
  greetingTimeout: plan.timeout,
  socketTimeout: plan.timeout,
  tls,
  ...(plan.auth && { auth: plan.auth }),
  debug: true,
  logger: true,
});

transport.sendMail(
  { envelope: { from: plan.from, to: plan.to }, raw: fs.readFileSync(plan.message) },
  (failure, info) => {
    if (!failure) {
      console.log(JSON.stringify({ accepted: info.accepted, rejected: info.rejected, response: info.response }));
      return;
    }
    const { message, code, responseCode, command } = failure;
    console.log(JSON.stringify({ message, code, responseCode, command }));
    process.exitCode = 1;
  },
);
