// Package wbxml encodes WAP push documents (SI, SL) from XML to WBXML and decodes WBXML into an element tree.
//
// One file per document type holds its table (si.go, sl.go); table.go explains what a table says. The encoder validates
// against the table and names element, attribute and line of what is wrong. The decoder is for handsets, traces and
// tests: it is strict about bounds and tokens and does not validate the document.
//
// Nothing is ever fetched, and no entities other than the five of XML and character references exist, so that a
// document cannot expand.
//
// Specifications: WAP-192-WBXML-20010725-a (WBXML 1.3), WAP-167-ServiceInd-20010731-a, WAP-168-ServiceLoad-20010731-a.
package wbxml
