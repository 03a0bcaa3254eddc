# git send-email, as its manual shows it. Arguments: host, port, sender, the message's file.
[ -n "$3" ] || exit 89
export HOME="$TEMPFAIL_CASE_DIR" GIT_CONFIG_NOSYSTEM=1
for recipient in $TEMPFAIL_RECIPIENTS; do set -- "$@" "--to=$recipient"; done
host=$1 port=$2 sender=$3 file=$4
shift 4
exec git send-email --smtp-server="$host" --smtp-server-port="$port" --smtp-auth=none --smtp-domain=sender.test --from="$sender" \
  --envelope-sender="$sender" --suppress-cc=all --confirm=never --no-validate "$@" "$file"
