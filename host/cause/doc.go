// Package cause puts the causes of failures into classes, for metrics and for log lines that are not repeated.
package cause
