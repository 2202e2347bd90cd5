// Package peers runs the parts that others wrote: Kannel's test_ppg as Push Initiator, the SMSCs of npm's smpp and of Perl's
// Net::SMPP, libwbxml's decoder. install.sh brings them onto the machine. A test says with Need what it can not do without.
package peers
