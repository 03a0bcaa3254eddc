# esmtp in the place of sendmail. Arguments: host:port, sender, the message's file.
settings=$TEMPFAIL_CASE_DIR/esmtprc
printf 'hostname = %s\nhelo = sender.test\nstarttls = disabled\n' "$1" >"$settings"
exec esmtp -C "$settings" -i -f "$2" $TEMPFAIL_RECIPIENTS <"$3"
