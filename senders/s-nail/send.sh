# s-nail as a mailer in scripts: its own words, sent by SMTP. Arguments: host:port, sender, what to do about TLS, how it is spoken.
[ -n "$2" ] || exit 89
scheme=smtp
[ "$4" != implicit ] || scheme=smtps
starttls=
[ "$3" = none ] || [ "$4" = implicit ] || starttls=-Ssmtp-use-starttls
echo 'A message.' | exec env HOME="$TEMPFAIL_CASE_DIR" s-nail -n -S v15-compat -S sendwait -S "mta=$scheme://$1" -S smtp-auth=none \
  -S tls-verify=ignore $starttls -r "$2" -S "from=$2" -S hostname=sender.test -s tempfail $TEMPFAIL_RECIPIENTS
