/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fixture.h: a store in a folder of its own, and readouts like those of a heat meter, for the tests of this room. */
#pragma once

#include <store/store.h>

G_BEGIN_DECLS

#define FIXTURE_READINGS 25

typedef struct {
    char *folder;
    Journal *journal;
    Store *store;
    gint64 reserve_bytes, commit_us;
} Fixture;

void fixture_set_up (Fixture *f);    /* makes the folder and opens the store */
void fixture_tear_down (Fixture *f); /* closes, and removes the folder */
void fixture_open (Fixture *f);      /* must succeed */
void fixture_close (Fixture *f);
char *fixture_file (Fixture *f, const char *name); /* full */
void fixture_remove_folder (const char *folder);

/* A finished readout of 25 readings whose first value is `number`, so that a test knows it again. */
MgReadout *fixture_readout (gint64 number, gint64 at_ms);
extern const guint32 fixture_indices[FIXTURE_READINGS]; /* 0 to 24 */

/* What a walk over the sequence saw. */
typedef struct {
    GArray *seqs;    /* of gint64 */
    GArray *numbers; /* of gint64: the first value of each readout */
    guint events, gaps;
    char *last_code; /* of an event */
} Seen;

void seen_init (Seen *seen);
void seen_clear (Seen *seen);
gboolean seen_row (const StoreRow *row, gpointer seen); /* a StoreRowFunc */

/* Appends readouts first, first + 1, ... of device 7, a millisecond apart from FIXTURE_AT_MS on. */
#define FIXTURE_AT_MS 1700000000000
void fixture_append (Fixture *f, gint64 first, guint n);
/* The sequence holds the readouts 0 to n - 1, in order, each once, under rising numbers. */
void fixture_assert_numbers (Fixture *f, guint n);
/* SQLite finds nothing wrong with this file of the folder; the store may be open. */
void fixture_assert_intact (Fixture *f, const char *name);

G_END_DECLS
