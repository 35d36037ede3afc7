#!/bin/sh
# vsftpd in the lab, in the foreground, for the user `anonymous`; with `tls` as explicit FTPS only:
# pasvlab exec --server-command "sh tests/servers/vsftpd.sh BINARY [tls]"
set -eu
work=$(mktemp -d "$PASVLAB_ROOT/.vsftpd-XXXXXX") # in memory, like the files themselves
cat >"$work/vsftpd.conf" <<END
listen=YES
listen_port=$PASVLAB_PORT
background=NO
anonymous_enable=YES
local_enable=NO
no_anon_password=YES
anon_root=$PASVLAB_ROOT
pasv_min_port=$PASVLAB_PASSIVE_FIRST
pasv_max_port=$PASVLAB_PASSIVE_LAST
${PASVLAB_PASSIVE_ADDRESS:+pasv_address=$PASVLAB_PASSIVE_ADDRESS}
# There is no other user than root inside, and nothing more to be shut off.
run_as_launching_user=YES
ftp_username=root
nopriv_user=root
secure_chroot_dir=$work
seccomp_sandbox=NO
isolate=NO
isolate_network=NO
xferlog_enable=NO
END
if [ "${2-}" = tls ]; then
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=lab \
        -keyout "$work/key.pem" -out "$work/certificate.pem" 2>"$work/openssl.log"
    cat >>"$work/vsftpd.conf" <<END
ssl_enable=YES
allow_anon_ssl=YES
force_anon_logins_ssl=YES
force_anon_data_ssl=YES
rsa_cert_file=$work/certificate.pem
rsa_private_key_file=$work/key.pem
END
fi
exec "$1" "$work/vsftpd.conf"
