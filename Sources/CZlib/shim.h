#ifndef CZLIB_SHIM_H
#define CZLIB_SHIM_H
#include <zlib.h>

// Only what Swift can't import: a macro. Negative window bits: deflate as zip has it, without zlib's own header.
static inline int shim_inflate_start(z_stream *stream) { return inflateInit2(stream, -MAX_WBITS); }
#endif
