// nodemailer, as its manual shows it: with a transport for the messages of this run, which is a pool where TEMPFAIL_POOL is set.
const { readFileSync } = require("node:fs");
const { createTransport } = require("nodemailer");

const tasks = JSON.parse(readFileSync(process.env.TEMPFAIL_HANDOVERS, "utf8"));
const { host, port, time_scale, tls_mode, tls, ca, user, password } = tasks[0];
const timeout = Math.max(5, 600 / time_scale) * 1000;
const transport = createTransport({
  pool: Boolean(process.env.TEMPFAIL_POOL),
  host,
  port,
  secure: tls_mode === "implicit",
  ignoreTLS: tls === "none",
  requireTLS: tls === "required" || tls === "verified",
  tls: tls === "verified" ? { ca: readFileSync(ca) } : { rejectUnauthorized: false },
  auth: user ? { user, pass: password } : undefined,
  connectionTimeout: timeout,
  greetingTimeout: timeout,
  socketTimeout: timeout,
});

async function send(task) {
  try {
    const info = await transport.sendMail({
      envelope: { from: task.sender, to: task.recipients },
      raw: readFileSync(task.message),
    });
    if (info.rejected.length) process.exitCode = info.rejectedErrors.some((e) => e.responseCode < 500) ? 75 : 69;
  } catch (failure) {
    console.error(failure);
    process.exitCode = failure.responseCode >= 500 ? 69 : 75;
  }
}

(async () => {
  for (const task of tasks) await send(task);
  transport.close();
})();
