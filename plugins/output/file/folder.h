/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* folder.h: files below one folder, whole or not at all, and what retention removes of them. */
#pragma once

#include <metergate.h>

/* Is it a relative path of 1 to 8 plain components? No "..", no ".", no empty one, no control characters, no backslash.
 */
gboolean folder_name_good (const char *name);

/*
 * Writes the stream to folder/name: first to name.part, synced, then renamed, then the folders are synced. A file of
 * that name with the same bytes is left as it is, and *already says so. The folder and those in the name are made; none
 * in the name may be a link. MG_ERROR_CONFIG for a bad name, MG_ERROR_IO for all else, G_IO_ERROR_CANCELLED.
 */
gboolean folder_put (const char *folder, const char *name, GInputStream *stream, guint64 size, guint32 mode,
                     GCancellable *cancellable, gboolean *already, GError **error);

typedef struct {
    const char *prefix; /* only files whose name is this, then <number>-<number>-<8 hex digits> */
    gint64 now_ms;
    gint64 keep_days;  /* nothing younger goes; 0: not by age */
    gint64 keep_bytes; /* nothing goes while all together are no more; 0: not by size */
} FolderRetention;

/* Removes what both limits that are set allow, oldest first, in folder/YYYY/MM. Says how many. */
gboolean folder_retain (const char *folder, const FolderRetention *retention, guint *removed, GError **error);
