/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* keyfile.h: the syntax of one drop-in, with line numbers; inside this room only. */
#pragma once

#include <config/config.h>

#define KEYFILE_MOST_BYTES      (1024 * 1024)
#define KEYFILE_MOST_LINE_BYTES (64 * 1024)
#define KEYFILE_MOST_GROUPS     10000

typedef struct {
    /* "[kind name]"; name is "" where there is none. FALSE: the group is refused, its keys are skipped. */
    gboolean (*group) (gpointer data, const char *kind, const char *name, guint line);
    /* a key of that group; the value as it stands there, without the blanks around it */
    void (*key) (gpointer data, const char *key, const char *value, guint line);
    void (*problem) (gpointer data, guint line, const char *key, const char *message); /* key may be NULL */
} KeyfileHandler;

/* Reads the whole text whatever is wrong in it, and tells all problems. */
void keyfile_parse (const char *text, gsize len, const KeyfileHandler *handler, gpointer data);
