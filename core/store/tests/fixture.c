/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fixture.c: a store in a folder of its own, and readouts like those of a heat meter, for the tests of this room. */
#include "fixture.h"

#include <glib/gstdio.h>
#include <sqlite3.h>

const guint32 fixture_indices[FIXTURE_READINGS] = { 0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12,
                                                    13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24 };

void fixture_open (Fixture *f)
{
    StoreOptions options = { .folder = f->folder, .reserve_bytes = f->reserve_bytes, .commit_us = f->commit_us };
    g_autoptr (GError) error = NULL;

    f->journal = journal_new (NULL);
    f->store = store_open (&options, f->journal, &error);
    g_assert_no_error (error);
    g_assert_nonnull (f->store);
}

void fixture_close (Fixture *f)
{
    g_clear_pointer (&f->store, store_close);
    g_clear_pointer (&f->journal, journal_free);
}

void fixture_set_up (Fixture *f)
{
    g_autoptr (GError) error = NULL;

    if (f->folder == NULL)
        f->folder = g_dir_make_tmp ("store-XXXXXX", &error);
    g_assert_no_error (error);
    if (f->reserve_bytes == 0)
        f->reserve_bytes = 65536;
    if (f->commit_us == 0)
        f->commit_us = 20000;
    fixture_open (f);
}

void fixture_remove_folder (const char *folder)
{
    g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
    const char *name;

    while (dir != NULL && (name = g_dir_read_name (dir)) != NULL) {
        g_autofree char *path = g_build_filename (folder, name, NULL);

        g_unlink (path);
    }
    g_rmdir (folder);
}

void fixture_tear_down (Fixture *f)
{
    fixture_close (f);
    fixture_remove_folder (f->folder);
    g_clear_pointer (&f->folder, g_free);
}

char *fixture_file (Fixture *f, const char *name)
{
    return g_build_filename (f->folder, name, NULL);
}

MgReadout *fixture_readout (gint64 number, gint64 at_ms)
{
    MgReadout *r = mgh_readout_new (NULL, MG_READOUT_LIVE);
    MgMeaning meaning = MG_INIT (MgMeaning, .quantity = "energy", .kind = MG_POINT_COUNTER, .unit = MG_UNIT_WH);
    MgValue due_date = mg_value_time (2026, 10, 31, 0, 0, 0, MG_TIME_DATE_ONLY | MG_TIME_NO_SECONDS);

    for (gint i = 0; i < FIXTURE_READINGS; i++) {
        char key[32];
        gint64 n = i == 0 ? number : 1000000 + 37 * i * i * i * i + number % 1000;
        guint reading;

        g_snprintf (key, sizeof key, "0.%d.0.0:06", i);
        reading = mg_readout_add (r, key, &meaning, mg_value_decimal (n, i % 3 == 0 ? 3 : i % 3 == 1 ? -2 : 0), 0);
        if (i >= 12)
            mg_readout_stamp (r, reading, due_date);
    }
    mgh_readout_set_times (r, at_ms / 1000 * 1000, at_ms);
    mgh_readout_finish (r);
    return r;
}

void seen_init (Seen *seen)
{
    *seen = (Seen){ .seqs = g_array_new (FALSE, FALSE, sizeof (gint64)),
                    .numbers = g_array_new (FALSE, FALSE, sizeof (gint64)) };
}

void seen_clear (Seen *seen)
{
    g_array_unref (seen->seqs);
    g_array_unref (seen->numbers);
    g_free (seen->last_code);
}

gboolean seen_row (const StoreRow *row, gpointer data)
{
    Seen *seen = data;

    g_array_append_val (seen->seqs, row->seq);
    if (row->event != NULL) {
        seen->events++;
        g_free (seen->last_code);
        seen->last_code = g_strdup (row->event->code);
    } else if (row->kind == MG_READOUT_GAP) {
        seen->gaps++;
    } else {
        gint64 number = mg_reading_get_value (mgh_readout_get_reading (row->readout, 0)).v.number;

        g_array_append_val (seen->numbers, number);
    }
    return TRUE;
}

void fixture_append (Fixture *f, gint64 first, guint n)
{
    for (guint i = 0; i < n; i++) {
        g_autoptr (MgReadout) r = fixture_readout (first + i, FIXTURE_AT_MS + i);

        g_assert_true (store_append (f->store, 7, r, fixture_indices));
    }
}

void fixture_assert_numbers (Fixture *f, guint n)
{
    g_autoptr (GError) error = NULL;
    Seen seen;

    seen_init (&seen);
    store_range (f->store, 0, 0, TRUE, seen_row, &seen, &error);
    g_assert_no_error (error);
    g_assert_cmpuint (seen.numbers->len, ==, n);
    for (guint i = 0; i < n; i++)
        g_assert_cmpint (g_array_index (seen.numbers, gint64, i), ==, i);
    for (guint i = 1; i < seen.seqs->len; i++)
        g_assert_cmpint (g_array_index (seen.seqs, gint64, i - 1), <, g_array_index (seen.seqs, gint64, i));
    seen_clear (&seen);
}

void fixture_assert_intact (Fixture *f, const char *name)
{
    g_autofree char *path = fixture_file (f, name);
    sqlite3 *db;
    sqlite3_stmt *s;

    g_assert_cmpint (sqlite3_open_v2 (path, &db, SQLITE_OPEN_READWRITE, NULL), ==, SQLITE_OK);
    g_assert_cmpint (sqlite3_prepare_v2 (db, "PRAGMA integrity_check", -1, &s, NULL), ==, SQLITE_OK);
    g_assert_cmpint (sqlite3_step (s), ==, SQLITE_ROW);
    g_assert_cmpstr ((const char *) sqlite3_column_text (s, 0), ==, "ok");
    sqlite3_finalize (s);
    sqlite3_close (db);
}
