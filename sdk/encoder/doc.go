// Package encoder is the contract of content encoders: plugins that turn what a Push Initiator submitted into what the
// terminal understands.
package encoder
