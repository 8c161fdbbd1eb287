// A part of the consumer that knows nothing of dgram: it is compiled with the consumer's own
// standard.
int older() {
  return __cplusplus >= 202002L ? 20 : 17;
}
