// Package wire captures what passes over the loopback interface with dumpcap and has tshark decode it, so that a test compares
// with another implementation's words. tshark's rendering is taken as it is; nothing here knows SMPP, WSP or WBXML.
package wire
