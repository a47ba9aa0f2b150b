/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* spool.h: the parts of one run on their way to disk: written, hashed, synced, named. */
#pragma once

#include <host/mgh-output.h>

G_BEGIN_DECLS

#define SPOOL_HASH_CHARS 64

typedef struct {
    char *name, *content_type; /* of the part; name NULL: nameless */
    char *file;                /* its file name in the folder */
    guint64 bytes;
    char sha256[SPOOL_HASH_CHARS + 1];
} SpoolPart;

typedef struct _Spool Spool;

/* The receiver of an MgOutput, with the Spool as its owner. Disk errors come back from the output. */
extern const MghOutputOps spool_output_ops;

/* Makes the folder (0700) if needed and opens the first part. */
Spool *spool_new (const char *folder, const char *content_type, GError **error); /* full */

/* Closes and syncs the last part. Parts that nothing was written to are gone. */
gboolean spool_finish (Spool *spool, GError **error);
guint spool_get_n_parts (Spool *spool);
const SpoolPart *spool_get_part (Spool *spool, guint i);

/* Gives a part its final name in the folder. */
gboolean spool_rename (Spool *spool, guint i, const char *file, GError **error);
gboolean spool_sync (Spool *spool, GError **error); /* the folder */

/* Whatever was not kept by then is removed by spool_free (). */
void spool_keep (Spool *spool); /* all parts */
void spool_keep_one (Spool *spool, guint i);
void spool_free (Spool *spool);

/* Is there such a file, with that hash? */
gboolean spool_file_is (const char *path, const char *sha256);

/* Removes all files of the folder whose name is not in `keep`. */
void spool_clean (const char *folder, GHashTable *keep);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Spool, spool_free)

G_END_DECLS
