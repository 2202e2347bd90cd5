#!/usr/bin/perl
# An SMSC by Perl's Net::SMPP on 127.0.0.1: it accepts any bind, one connection after the other, answers every submit_sm with
# success, and prints what it gets as one JSON object a line.
#
#   perl smsc.pl PORT
use strict;
use warnings;
use Net::SMPP;

$| = 1;
my $server = Net::SMPP->new_listen('127.0.0.1', port => $ARGV[0]) or die "listen: $!";
print qq({"event":"listening"}\n);
my $messages = 0;
while (my $session = $server->accept) {
    while (my $pdu = $session->read_pdu) {
        my ($command, $sequence) = ($pdu->{cmd}, $pdu->{seq});
        if ($command == 0x04) {
            my $sm   = $pdu->{short_message} // '';
            my $udhi = $pdu->{esm_class} & 0x40;
            my $udh  = $udhi ? 1 + ord($sm) : 0;
            printf qq({"event":"submit","command":"submit_sm","sequence":%d,"esm_class":%d,"data_coding":%d,"source":"%s","destination":"%s","udh":"%s","text":"%s"}\n),
                $sequence, $pdu->{esm_class}, $pdu->{data_coding}, $pdu->{source_addr}, $pdu->{destination_addr},
                unpack('H*', substr($sm, $udh ? 1 : 0, $udh ? $udh - 1 : 0)), unpack('H*', substr($sm, $udh));
            $session->submit_sm_resp(message_id => 'p' . ++$messages, seq => $sequence);
            next;
        }
        printf qq({"event":"pdu","command":"0x%08x","sequence":%d}\n), $command, $sequence;
        if    ($command == 0x09) { $session->bind_transceiver_resp(system_id => 'net-smpp', seq => $sequence) }
        elsif ($command == 0x02) { $session->bind_transmitter_resp(system_id => 'net-smpp', seq => $sequence) }
        elsif ($command == 0x15) { $session->enquire_link_resp(seq => $sequence) }
        elsif ($command == 0x06) { $session->unbind_resp(seq => $sequence); last }
    }
    print qq({"event":"closed"}\n);
}
