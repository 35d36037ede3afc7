<?php
// PHP's ext/ftp: ftp.php download|session [passive|peer|active] [tls]
[, $what, $mode] = $argv;
// It does not look at the certificate.
$connect = in_array('tls', $argv) ? 'ftp_ssl_connect' : 'ftp_connect';
$name = getenv('PASVLAB_FILE');

function check($result)
{
    if ($result === false) {
        exit(1);
    }
    return $result;
}

$ftp = check($connect(getenv('PASVLAB_HOST'), (int) getenv('PASVLAB_PORT')));
check(ftp_login($ftp, getenv('PASVLAB_USER'), getenv('PASVLAB_PASSWORD')));
if ($mode === 'peer') {
    check(ftp_set_option($ftp, FTP_USEPASVADDRESS, false));
}
if ($mode !== 'active') {
    check(ftp_pasv($ftp, true));
}
if ($what === 'session') {
    echo implode("\n", check(ftp_rawlist($ftp, ''))), "\n";
}
check(ftp_get($ftp, 'part', $name, FTP_BINARY));
rename('part', 'out');
if ($what === 'session') {
    check(ftp_put($ftp, "uploaded-$name", 'out', FTP_BINARY));
}
ftp_close($ftp);
