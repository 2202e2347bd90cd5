#!/usr/bin/perl
# An ESME by Perl's Net::SMPP: it binds as a transceiver, submits what it is told, one after the other, and prints the answers as
# one JSON object a line. Its orders and what it prints are those of esme.js.
#
#   perl esme.pl HOST PORT SYSTEM_ID PASSWORD
use strict;
use warnings;
use JSON::PP;
use Net::SMPP;

$| = 1;
my ($host, $port, $system_id, $password) = @ARGV;
my ($smpp, $bound) = Net::SMPP->new_transceiver($host, port => $port, system_id => $system_id, password => $password)
    or die "bind: $!";
print encode_json({event => 'bound', status => $bound->{status}}), "\n";
my %name = (0x80000004 => 'submit_sm_resp', 0x80000103 => 'data_sm_resp', 0x80000000 => 'generic_nack');
while (my $line = <STDIN>) {
    my $order    = decode_json($line);
    my $command  = $order->{command};
    my $sequence = $smpp->$command(
        source_addr_ton => 1, source_addr_npi => 1, source_addr => $order->{source},
        dest_addr_ton => 1, dest_addr_npi => 1, destination_addr => $order->{destination},
        esm_class => 2, data_coding => 4, registered_delivery => 0, ($command eq 'submit_sm' ? (short_message => '') : ()),
        source_port => pack('n', $order->{ports}[0]), destination_port => pack('n', $order->{ports}[1]),
        message_payload => pack('H*', $order->{payload}), async => 1,
    ) or die "$command: $!";
    while (1) {
        my $pdu = $smpp->read_pdu or die "read: $!";
        if ($pdu->{cmd} == 0x15) { $smpp->enquire_link_resp(seq => $pdu->{seq}); next }
        next if $pdu->{seq} != $sequence;
        my %answer = (event => 'answer', id => $order->{id}, status => $pdu->{status}, message_id => $pdu->{message_id});
        $answer{command} = $name{$pdu->{cmd}} // sprintf '0x%08x', $pdu->{cmd};
        $answer{reason}  = unpack 'C', $pdu->{delivery_failure_reason}  if defined $pdu->{delivery_failure_reason};
        $answer{network} = unpack 'H*', $pdu->{network_error_code}      if defined $pdu->{network_error_code};
        $answer{text}    = unpack 'Z*', $pdu->{additional_status_info_text} if defined $pdu->{additional_status_info_text};
        print encode_json(\%answer), "\n";
        last;
    }
}
