<?php
// PHP's ftp:// wrapper: wrapper.php download|session. Each transfer is a session of its own.
$name = getenv('PASVLAB_FILE');
$url = sprintf(
    'ftp://%s:%s@%s:%s/',
    rawurlencode(getenv('PASVLAB_USER')),
    rawurlencode(getenv('PASVLAB_PASSWORD')),
    getenv('PASVLAB_HOST'),
    getenv('PASVLAB_PORT'),
);
if ($argv[1] === 'session') {
    $listing = scandir($url) or exit(1);
    echo implode("\n", $listing), "\n";
}
$data = file_get_contents($url . $name);
if ($data === false) {
    exit(1);
}
file_put_contents('out', $data);
if ($argv[1] === 'session' && file_put_contents($url . "uploaded-$name", $data) === false) {
    exit(1);
}
