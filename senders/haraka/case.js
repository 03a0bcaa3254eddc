// The plugin of a case: takes mail from this machine, and, where the case has a host and no MX records, sends all of it there. The
// configured intervals are protocol time: the hook for them divides by the case's time scale.
exports.hook_connect = function (next, connection) {
  connection.relaying = true;
  next();
};

exports.hook_rcpt = (next) => next(OK);

if (process.env.TEMPFAIL_RELAY) {
  const [exchange, port] = process.env.TEMPFAIL_RELAY.split(" ");
  exports.hook_get_mx = (next) => next(OK, { priority: 0, exchange, port: Number(port) });
}

exports.hook_deferred = (next, _mail, { delay }) => next(DENYSOFT, String(Math.ceil(delay / Number(process.env.TEMPFAIL_TIME_SCALE))));
