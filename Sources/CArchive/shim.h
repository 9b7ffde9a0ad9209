#ifndef CARCHIVE_SHIM_H
#define CARCHIVE_SHIM_H
#include <archive.h>
#include <archive_entry.h>

// Only what Swift can't import: a macro with a cast.
static inline void shim_make_plain_file(struct archive_entry *entry) { archive_entry_set_filetype(entry, AE_IFREG); }
#endif
