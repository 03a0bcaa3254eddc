# NeoMutt as a mailer in scripts: its own words, sent by SMTP. Arguments: host:port, sender.
[ -n "$2" ] || exit 89
echo 'A message.' | exec env HOME="$TEMPFAIL_CASE_DIR" neomutt -n -F /dev/null -e "set smtp_url=smtp://$1 ssl_starttls=no ssl_force_tls=no from=$2" \
  -e 'set use_envelope_from=yes copy=no hostname=sender.test record=""' -s tempfail -- $TEMPFAIL_RECIPIENTS
