// nodemailer, once: tempfail test --role one-shot -- node send.mjs
import { readFileSync } from "node:fs";
import { createTransport } from "nodemailer";

const task = JSON.parse(readFileSync(process.env.TEMPFAIL_HANDOVER, "utf8"));
const transport = createTransport({ host: task.host, port: task.port, ignoreTLS: true });
try {
  const info = await transport.sendMail({
    envelope: { from: task.sender, to: task.recipients },
    raw: readFileSync(task.message),
  });
  if (info.rejected.length) process.exitCode = info.rejectedErrors.some((e) => e.responseCode < 500) ? 75 : 69;
} catch (failure) {
  process.exitCode = failure.responseCode >= 500 ? 69 : 75;
}
