# sSMTP in the place of sendmail. Arguments: host:port, sender, the message's file, what to do about TLS, how it is spoken, where it is
# unpacked.
[ -n "$2" ] || exit 89
settings=$TEMPFAIL_CASE_DIR/ssmtp.conf
printf 'mailhub=%s\nhostname=sender.test\nFromLineOverride=YES\n' "$1" >"$settings"
[ "$4" = none ] || printf 'UseTLS=YES\n' >>"$settings"
[ "$4" = none ] || [ "$5" = implicit ] || printf 'UseSTARTTLS=YES\n' >>"$settings"
LD_LIBRARY_PATH=$(find "$6" -name '*-linux-gnu' -type d | tr '\n' :)
export LD_LIBRARY_PATH
exec "$6/usr/sbin/ssmtp" -C"$settings" -f"$2" $TEMPFAIL_RECIPIENTS <"$3"
