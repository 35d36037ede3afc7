# Perl's Net::FTP: net_ftp.pl download|session [Passive 0 or 1 [starttls]]
use strict;
use warnings;
use Net::FTP;

my ($what, $passive, $tls) = @ARGV;
my $name = $ENV{PASVLAB_FILE};
my $ftp = Net::FTP->new(
    $ENV{PASVLAB_HOST},
    Port => $ENV{PASVLAB_PORT},
    (defined $passive ? (Passive => $passive) : ()),
    ($tls ? (SSL_ca_file => $ENV{PASVLAB_CERTIFICATE}) : ()),
) or die "$@\n";

sub check {
    my ($result) = @_;
    return $result if $result;
    my $message = $ftp->message || $@ || $! || 'no reason given';
    chomp $message;
    die "Net::FTP: $message\n";
}

check($ftp->starttls) if $tls;
check($ftp->login($ENV{PASVLAB_USER}, $ENV{PASVLAB_PASSWORD}));
if ($what eq 'session') {
    print "$_\n" for check($ftp->dir);
}
check($ftp->binary);
check($ftp->get($name, 'out'));
check($ftp->put('out', "uploaded-$name")) if $what eq 'session';
$ftp->quit;
