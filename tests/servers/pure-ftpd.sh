#!/bin/sh
# Pure-FTPd in the lab, in the foreground: pasvlab exec --server-command "sh tests/servers/pure-ftpd.sh BINARY"
set -eu
work=$(mktemp -d "$PASVLAB_ROOT/.pure-ftpd-XXXXXX") # in memory, like the files themselves
hash=$(openssl passwd -6 "$PASVLAB_PASSWORD")
# Its own databases refuse user 0, and there is no other inside; the system's does not.
echo "$PASVLAB_USER:$hash:0:0::$PASVLAB_ROOT:/bin/sh" >"$work/passwd"
: >"$work/shadow"
# The mounts are the sandbox's own. In /run it keeps a file for each session.
mount --bind "$work/passwd" /etc/passwd
mount --bind "$work/shadow" /etc/shadow
mount -t tmpfs none /run
exec "$1" --ipv4only --dontresolve --noanonymous --login unix --minuid 0 --pidfile "$work/pid" \
    --bind "$PASVLAB_ADDRESS,$PASVLAB_PORT" \
    --passiveportrange "$PASVLAB_PASSIVE_FIRST:$PASVLAB_PASSIVE_LAST" \
    ${PASVLAB_PASSIVE_ADDRESS:+--forcepassiveip "$PASVLAB_PASSIVE_ADDRESS"}
