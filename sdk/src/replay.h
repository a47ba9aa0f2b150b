/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* replay.h: the port that plays a recording; what its strict and its lenient half share. */
#pragma once

#include "line.h"
#include "recording.h"

typedef struct {
    RecordedTurn *turn; /* NULL: nothing is played */
    guint item;
    gsize done; /* bytes of that item */
} ReplayPlace;

typedef struct {
    Recording *recording;
    MgLine *line; /* whose port this is */
    MghClock *clock;
    gboolean lenient;
    GError *failed; /* strict: what ended the test */
    gboolean over;  /* no turn is left */
    gboolean listens;
    guint used, unmatched;
    RecordedTurn *turn;                   /* the one that was begun */
    ReplayPlace at;                       /* what comes next */
    gint64 anchor_recorded_us, anchor_us; /* these two moments are the same */
    guint32 baud;
    char mode[8];
    GByteArray *written; /* of this turn; for an echo that was recorded as ** */
    gsize echoed;
    /* lenient */
    guint asked_item;    /* of `turn`: what was asked so far */
    GByteArray *request; /* written since the last answer */
    gboolean answers;    /* `request` has one */
    GHashTable *known;   /* GBytes: ReplayPlace, the latest answer to it */
} Replay;

const RecordedItem *replay_item (const ReplayPlace *place); /* NULL: none is left */
void replay_anchor (Replay *replay, gint64 recorded_us, gint64 at_us);
gboolean replay_matches (Replay *replay, const RecordedItem *item, gsize from, const guint8 *bytes, gsize len);
/* a fresh error in *error; always FALSE */
gboolean replay_closed (Replay *replay, const char *why, GError **error);

extern const MghPortOps replay_ops; /* replay.c; the port is a Replay */

/* replay-lenient.c */
void replay_lenient_begin (Replay *replay, const char *channel, const char *action, const char *address);
void replay_lenient_write (Replay *replay, const guint8 *bytes, gsize len);
void replay_lenient_read (Replay *replay); /* what has been written so far is a request */
