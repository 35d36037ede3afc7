#!/bin/sh
# ProFTPD in the lab, in the foreground: pasvlab exec --server-command "sh tests/servers/proftpd.sh BINARY"
set -eu
work=$(mktemp -d "$PASVLAB_ROOT/.proftpd-XXXXXX") # in memory, like the files themselves
hash=$(openssl passwd -1 "$PASVLAB_PASSWORD")
echo "$PASVLAB_USER:$hash:0:0::$PASVLAB_ROOT:/bin/sh" >"$work/passwd"
chmod 600 "$work/passwd"
cat >"$work/proftpd.conf" <<END
ServerName lab
ServerType standalone
DefaultServer on
Port $PASVLAB_PORT
User root
Group root
RootLogin on
RequireValidShell off
AuthOrder mod_auth_file.c
AuthUserFile $work/passwd
DefaultRoot $PASVLAB_ROOT
AllowOverwrite on
AllowForeignAddress off
PassivePorts $PASVLAB_PASSIVE_FIRST $PASVLAB_PASSIVE_LAST
${PASVLAB_PASSIVE_ADDRESS:+MasqueradeAddress $PASVLAB_PASSIVE_ADDRESS}
UseIPv6 off
UseReverseDNS off
DelayEngine off
WtmpLog off
SystemLog none
TransferLog none
ScoreboardFile none
PidFile $work/pid
END
exec "$1" -n -q -c "$work/proftpd.conf"
