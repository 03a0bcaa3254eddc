// nodemailer, as its manual shows it.
const { readFileSync } = require("node:fs");
const { createTransport } = require("nodemailer");

const task = JSON.parse(readFileSync(process.env.TEMPFAIL_HANDOVER, "utf8"));
const timeout = Math.max(5, 600 / task.time_scale) * 1000;
const transport = createTransport({
  host: task.host,
  port: task.port,
  secure: task.tls_mode === "implicit",
  ignoreTLS: task.tls === "none",
  requireTLS: task.tls === "required" || task.tls === "verified",
  tls: task.tls === "verified" ? { ca: readFileSync(task.ca) } : { rejectUnauthorized: false },
  auth: task.user ? { user: task.user, pass: task.password } : undefined,
  connectionTimeout: timeout,
  greetingTimeout: timeout,
  socketTimeout: timeout,
});
transport
  .sendMail({ envelope: { from: task.sender, to: task.recipients }, raw: readFileSync(task.message) })
  .then((info) => {
    if (info.rejected.length) process.exitCode = info.rejectedErrors.some((e) => e.responseCode < 500) ? 75 : 69;
  })
  .catch((failure) => {
    console.error(failure);
    process.exitCode = failure.responseCode >= 500 ? 69 : 75;
  });
