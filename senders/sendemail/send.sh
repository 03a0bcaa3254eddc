# sendEmail, as its help shows it. It writes the message itself. Arguments: host:port, sender, what to do about TLS, how it is spoken,
# the time scale.
[ -n "$2" ] && [ "$4" != implicit ] || exit 89
case $3 in none) tls=no ;; required) tls=yes ;; *) tls=auto ;; esac
timeout=$(awk -v scale="$5" 'BEGIN { seconds = int(60 / scale); print (seconds < 5 ? 5 : seconds) }')
exec sendemail -f "$2" -t $TEMPFAIL_RECIPIENTS -u tempfail -m 'A message.' -s "$1" -o "tls=$tls" -o "timeout=$timeout" -o fqdn=sender.test
