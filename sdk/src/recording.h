/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* recording.h: a recording in memory, as docs/recording-format.md defines it: turns and what happened in them. */
#pragma once

#include <metergate.h>
#include <host/mgh-line.h>

/* What a replay needs of one record. */
typedef struct {
    char kind;    /* '>', '<', '~', 'x', '=', '!'; 'S', 'R': datagrams sent and received */
    guint32 line; /* in the file */
    gint64 at_us; /* since the start of the recording */
    gsize from;   /* into Recording.bytes and .any */
    guint32 len;
    char *text; /* peer of a datagram; rest of '=' and '!' */
} RecordedItem;

typedef struct {
    guint32 line;
    gint64 at_us, end_us;
    char *channel, *action, *address;
    char *outcome; /* of its ']'; NULL: it has none */
    guint32 baud;  /* the line's own, where they were told before the turn; 0: not */
    char mode[8];
    gint8 echo;    /* -1: not told */
    GArray *items; /* RecordedItem */
    gboolean used; /* the replay's */
} RecordedTurn;

typedef struct {
    char *path;
    char *line, *kind;
    gint64 start_ms; /* UTC of time 0 */
    gint64 first_us, idle_us, full_us, pause_us, late_us, gap_us;
    guint32 baud;
    char mode[8];
    gboolean echo;
    MghReplay replay;        /* asked for by the file; 0: not */
    GByteArray *bytes, *any; /* any: 1 where the byte is not known or may be any */
    GPtrArray *turns;        /* RecordedTurn */
} Recording;

/* NULL with MG_ERROR_CONFIG: "FILE:LINE: what is wrong, what was expected" */
Recording *recording_load (const char *path, GError **error);
/* `name` stands in errors. */
Recording *recording_parse (const char *name, const char *text, gsize len, GError **error);
void recording_free (Recording *recording);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Recording, recording_free)
