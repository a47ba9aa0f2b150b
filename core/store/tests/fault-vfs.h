/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fault-vfs.h: a layer below SQLite that lets writes and syncs fail, for tests. */
#pragma once

#include <glib.h>
#include <sqlite3.h>

G_BEGIN_DECLS

/* Becomes SQLite's default for what is opened from now on; once, before the first database. */
void fault_vfs_install (void);
/* The write or sync number `after` (1: the next one) fails with this SQLite code; with `last`, all until number `last`
 * do, G_MAXUINT: for ever. */
void fault_vfs_arm (guint after, guint last, int code);
void fault_vfs_disarm (void);
guint fault_vfs_failures (void); /* since it was armed */

G_END_DECLS
