/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* files.h: the folder of the store: its lock, the reserve of disk space, free bytes, quarantine. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Makes the folder (0700) and takes its lock: a descriptor that holds it, or -1. */
int store_folder_lock (const char *folder, GError **error);
/* Makes an empty file (0600) where there is none, so that SQLite's own files take its permissions. */
gboolean store_file_make_private (const char *folder, const char *name, GError **error);
gint64 store_folder_free_bytes (const char *folder);  /* for this user; -1: unknown */
gint64 store_folder_total_bytes (const char *folder); /* of the file system; -1: unknown */
gint64 store_file_bytes (const char *folder, const char *name);
/* The reserve: space that is given up when the disk is full, so that what runs can be finished and said. */
gboolean store_reserve_make (const char *folder, gint64 bytes); /* TRUE also when it is there already */
gboolean store_reserve_give_up (const char *folder);            /* FALSE: there was none */
/* Renames a database and its -wal and -shm to quarantine-<name>-<time>.db; the new name (full), or NULL. */
char *store_file_quarantine (const char *folder, const char *name, GError **error);
gboolean store_folder_sync (const char *folder, GError **error);

G_END_DECLS
