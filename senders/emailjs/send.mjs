// emailjs, as its manual shows it. It writes the message itself. Argument: where it is installed.
import { readFileSync } from "node:fs";

const { SMTPClient } = await import(`${process.argv[2]}/dist/index.js`);
const task = JSON.parse(readFileSync(process.env.TEMPFAIL_HANDOVER, "utf8"));
if (!task.sender) process.exit(89); // its message has a From
const how = { rejectUnauthorized: false };
const client = new SMTPClient({
  host: task.host,
  port: task.port,
  ssl: task.tls_mode === "implicit" ? how : false,
  tls: task.tls_mode !== "implicit" && task.tls !== "none" ? how : false,
  timeout: Math.max(5, 600 / task.time_scale) * 1000,
  domain: "sender.test",
});
try {
  await client.sendAsync({ text: "A message.", from: task.sender, to: task.recipients.join(", "), subject: "tempfail" });
} catch (failure) {
  console.error(failure);
  const code = parseInt(failure.smtp, 10);
  process.exitCode = code >= 500 ? 69 : code >= 400 ? 75 : 1; // 1: it failed, and does not say how
} finally {
  client.smtp.close();
}
