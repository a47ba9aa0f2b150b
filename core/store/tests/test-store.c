/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-store.c: what is put into a store comes out of it, in order, also after it was closed and opened. */
#include "fixture.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

static void flush (Fixture *f)
{
    g_autoptr (GError) error = NULL;

    store_flush (f->store, &error);
    g_assert_no_error (error);
}

static void walk (Fixture *f, gint64 after, gboolean events, Seen *seen)
{
    g_autoptr (GError) error = NULL;

    seen_init (seen);
    store_range (f->store, after, 0, events, seen_row, seen, &error);
    g_assert_no_error (error);
}

static void assert_rising (const Seen *seen)
{
    for (guint i = 1; i < seen->seqs->len; i++)
        g_assert_cmpint (g_array_index (seen->seqs, gint64, i - 1), <, g_array_index (seen->seqs, gint64, i));
}

static void readouts_come_back_in_order (void)
{
    Fixture f = { 0 };
    Seen seen;

    fixture_set_up (&f);
    fixture_append (&f, 1, 1700); /* several groups, several pages of the reader */
    flush (&f);
    walk (&f, 0, FALSE, &seen);
    g_assert_cmpuint (seen.numbers->len, ==, 1700);
    for (guint i = 0; i < 1700; i++)
        g_assert_cmpint (g_array_index (seen.numbers, gint64, i), ==, i + 1);
    assert_rising (&seen);
    g_assert_cmpint (g_array_index (seen.seqs, gint64, 1699), ==, store_committed_seq (f.store));
    seen_clear (&seen);
    fixture_tear_down (&f);
}

static gboolean check_row (const StoreRow *row, gpointer data)
{
    const MgReadout *was = data;

    g_assert_cmpint (row->device, ==, 7);
    g_assert_cmpuint (row->kind, ==, MG_READOUT_LIVE);
    g_assert_cmpint (mg_readout_get_seq (row->readout), ==, row->seq);
    g_assert_cmpint (mg_readout_get_at_ms (row->readout), ==, mg_readout_get_at_ms (was));
    g_assert_cmpint (mg_readout_get_due_ms (row->readout), ==, mg_readout_get_due_ms (was));
    g_assert_cmpuint (row->n, ==, FIXTURE_READINGS);
    for (guint i = 0; i < row->n; i++) {
        MgValue a = mg_reading_get_value (mgh_readout_get_reading (row->readout, i));
        MgValue b = mg_reading_get_value (mgh_readout_get_reading (was, i));
        MgValue c = mg_reading_get_device_time (mgh_readout_get_reading (row->readout, i));
        MgValue d = mg_reading_get_device_time (mgh_readout_get_reading (was, i));

        g_assert_cmpuint (row->indices[i], ==, i);
        g_assert_cmpmem (&a, sizeof a, &b, sizeof b);
        g_assert_cmpmem (&c, sizeof c, &d, sizeof d);
    }
    return TRUE;
}

static void values_survive_a_restart_exactly (void)
{
    Fixture f = { 0 };
    g_autoptr (MgReadout) r = fixture_readout (123456789012345, 1763640000123);
    g_autoptr (GError) error = NULL;

    fixture_set_up (&f);
    g_assert_true (store_append (f.store, 7, r, fixture_indices));
    fixture_close (&f);
    fixture_open (&f);
    store_range (f.store, 0, 0, FALSE, check_row, r, &error);
    g_assert_no_error (error);
    fixture_tear_down (&f);
}

static void numbers_rise_over_restarts_and_a_lost_readings_database (void)
{
    Fixture f = { 0 };
    gint64 before = 0;

    fixture_set_up (&f);
    for (guint i = 0; i < 4; i++) {
        Seen seen;

        fixture_append (&f, i, 1);
        flush (&f);
        walk (&f, before, FALSE, &seen);
        g_assert_cmpuint (seen.numbers->len, ==, 1);
        g_assert_cmpint (g_array_index (seen.seqs, gint64, 0), >, before);
        before = g_array_index (seen.seqs, gint64, 0);
        seen_clear (&seen);
        fixture_close (&f);
        if (i >= 1) { /* state lost once, readings lost once */
            g_autofree char *path = fixture_file (&f, i == 1 ? "readings.db" : "state.db");

            g_assert_cmpint (g_unlink (path), ==, 0);
        }
        fixture_open (&f);
    }
    fixture_tear_down (&f);
}

static void files_are_private (void)
{
    static const char *const names[] = {
        "state.db", "readings.db", "state.db-wal", "readings.db-wal", "lock", "reserve"
    };
    Fixture f = { 0 };
    struct stat info;

    fixture_set_up (&f);
    fixture_append (&f, 0, 1);
    flush (&f);
    for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
        g_autofree char *path = fixture_file (&f, names[i]);

        g_assert_cmpint (stat (path, &info), ==, 0);
        g_assert_cmpuint (info.st_mode & 0777, ==, 0600);
    }
    fixture_tear_down (&f);
}

static void folder_is_made_private (void)
{
    g_autofree char *above = g_dir_make_tmp ("store-XXXXXX", NULL);
    Fixture f = { .folder = g_build_filename (above, "state", NULL) };
    struct stat info;

    fixture_set_up (&f);
    g_assert_cmpint (stat (f.folder, &info), ==, 0);
    g_assert_cmpuint (info.st_mode & 0777, ==, 0700);
    fixture_tear_down (&f);
    g_rmdir (above);
}

static void second_store_on_the_folder_is_refused_in_words (void)
{
    Fixture f = { 0 };
    g_autoptr (GError) error = NULL;
    StoreOptions options;
    Journal *journal = journal_new (NULL);

    fixture_set_up (&f);
    options = (StoreOptions){ .folder = f.folder };
    g_assert_null (store_open (&options, journal, &error));
    g_assert_error (error, MG_ERROR, MG_ERROR_CONFIG);
    g_assert_nonnull (strstr (error->message, "another gateway"));
    g_assert_nonnull (strstr (error->message, f.folder));
    journal_free (journal);
    fixture_tear_down (&f);
}

/* ---- meters */

static void load_meter (gpointer data, const StoreMeter *m)
{
    g_string_append_printf (data, "meter %d %s '%s' %s %s %u %d %d %d\n", (int) m->id, m->uid, m->label, m->keep,
                            m->settings, m->medium, m->active, (int) m->removed_ms, (int) m->rev);
}

static void load_device (gpointer data, const StoreDevice *d)
{
    g_string_append_printf (data, "device %d %d %s %s %s %s %d %d\n", (int) d->id, (int) d->meter, d->channel,
                            d->address, d->identity, d->settings, (int) d->from_seq, (int) d->to_seq);
}

static void load_point (gpointer data, const StorePoint *p)
{
    const MgMeaning *m = &p->meaning;

    g_string_append_printf (
        data, "point %d %u %s %s %s %s %u %u %u %u %llu %u %u %d:%u.%u wrap %d:%de%d %s %d %d\n", (int) p->meter,
        p->idx, p->key, m->quantity, m->name ? m->name : "-", m->unit_text ? m->unit_text : "-", m->kind, m->unit,
        m->func, m->medium, (unsigned long long) m->storage, m->tariff, m->subunit, m->obis.given, m->obis.c, m->obis.f,
        m->wrap.type, (int) m->wrap.v.number, m->wrap.exponent, p->by_hand, p->active, (int) p->rev);
}

static void load_tag (gpointer data, gint64 meter, gint idx, const char *key, const char *value)
{
    g_string_append_printf (data, "tag %d %d %s=%s\n", (int) meter, idx, key, value);
}

static void put_meters (Fixture *f)
{
    static const char *const tags[] = { "house=4", "cost=a=b", "house=4", "flag", NULL };
    static const char *const replaced[] = { "old=1", NULL };
    StoreMeter m = {
        .id = 3, .uid = "0123456789abcdef0123456789abcdef", .label = "roof", .medium = 4, .active = TRUE, .rev = 1
    };
    StoreDevice d = {
        .id = 5, .meter = 3, .channel = "mbus1", .address = "17", .identity = "KAM-1-2-4", .from_seq = 9
    };
    StorePoint p = {
        .meter = 3,
        .idx = 1,
        .key = "0.0.0.0:06",
        .active = TRUE,
        .rev = 2,
        .meaning = MG_INIT (MgMeaning, .quantity = "energy", .unit = MG_UNIT_WH, .kind = MG_POINT_COUNTER, .medium = 4,
                            .storage = G_MAXUINT64, .tariff = 2, .subunit = 3, .func = MG_FUNC_MAX,
                            .obis = MG_OBIS (1, 0, 1, 8, 0, 255), .wrap = MG_DECIMAL (1, 5)),
    };

    store_put_meter (f->store, &m);
    m.label = "cellar";
    m.keep = "slot";
    m.settings = "{\"cycle\":\"15min\"}";
    m.rev = 2;
    store_put_meter (f->store, &m);
    store_put_device (f->store, &d);
    store_put_point (f->store, &p);
    store_put_tags (f->store, 3, -1, replaced);
    store_put_tags (f->store, 3, -1, tags);
    d = (StoreDevice){
        .id = 6, .meter = 3, .channel = "mbus1", .address = "17", .settings = "{\"key\":1}", .from_seq = 9, .to_seq = 12
    };
    store_put_device (f->store, &d);
}

static void meters_are_loaded_as_they_were_put (void)
{
    static const StoreLoad load = { load_meter, load_device, load_point, load_tag };
    static const char expected[] =
        "meter 3 0123456789abcdef0123456789abcdef 'cellar' slot {\"cycle\":\"15min\"} 4 1 0 2\n"
        "device 5 3 mbus1 17 KAM-1-2-4 {} 9 0\n"
        "device 6 3 mbus1 17  {\"key\":1} 9 12\n"
        "point 3 1 0.0.0.0:06 energy - - 2 16 1 4 18446744073709551615 2 3 1:1.255 wrap 1:1e5 {} 1 2\n"
        "tag 3 -1 cost=a=b\n"
        "tag 3 -1 flag=\n"
        "tag 3 -1 house=4\n";
    Fixture f = { 0 };
    g_autoptr (GString) text = g_string_new (NULL);
    g_autoptr (GError) error = NULL;

    fixture_set_up (&f);
    put_meters (&f);
    fixture_close (&f);
    fixture_open (&f);
    store_load (f.store, &load, text, &error);
    g_assert_no_error (error);
    g_assert_cmpstr (text->str, ==, expected);
    fixture_tear_down (&f);
}

static void wrong_row_is_refused_alone (void)
{
    Fixture f = { 0 };
    StorePoint p = { .meter = 99, .key = "x", .meaning = MG_INIT (MgMeaning, .quantity = "") };
    Seen seen;

    fixture_set_up (&f);
    g_test_expect_message (NULL, G_LOG_LEVEL_CRITICAL, "*row was refused*point*");
    fixture_append (&f, 1, 1);
    store_put_point (f.store, &p); /* of a meter that is not there */
    fixture_append (&f, 2, 1);
    flush (&f);
    g_test_assert_expected_messages ();
    walk (&f, 0, FALSE, &seen);
    g_assert_cmpuint (seen.numbers->len, ==, 2);
    seen_clear (&seen);
    fixture_tear_down (&f);
}

/* ---- events, gaps, epochs */

static void events_and_readouts_are_one_sequence (void)
{
    Fixture f = { 0 };
    Seen seen;

    fixture_set_up (&f);
    for (guint i = 0; i < 300; i++) {
        fixture_append (&f, i, 1);
        journal_raise (f.journal, "store.disk-ok", "meter:7", "someone", "value", "\"1\"\n", "limit", "2", NULL);
    }
    flush (&f);
    walk (&f, 0, TRUE, &seen);
    g_assert_cmpuint (seen.numbers->len, ==, 300);
    g_assert_cmpuint (seen.events, ==, 300);
    assert_rising (&seen);
    seen_clear (&seen);
    walk (&f, 0, FALSE, &seen);
    g_assert_cmpuint (seen.events, ==, 0);
    g_assert_cmpuint (seen.numbers->len, ==, 300);
    seen_clear (&seen);
    fixture_tear_down (&f);
}

static gboolean check_event (const StoreRow *row, gpointer data)
{
    if (row->event == NULL)
        return TRUE;
    g_assert_cmpint (row->device, ==, 0);
    g_assert_null (row->readout);
    g_assert_cmpstr (row->event->subject, ==, "meter:7");
    g_assert_cmpstr (row->event->actor, ==, "someone");
    g_assert_cmpstr (row->event->params[0], ==, "value");
    g_assert_cmpstr (row->event->params[1], ==, "\"1\"\n");
    g_assert_cmpstr (row->event->params[2], ==, "limit");
    g_assert_cmpstr (row->event->params[3], ==, "2");
    g_assert_null (row->event->params[4]);
    *(guint *) data += 1;
    return TRUE;
}

static void events_keep_their_parameters (void)
{
    Fixture f = { 0 };
    g_autoptr (GError) error = NULL;
    guint seen = 0;

    fixture_set_up (&f);
    journal_raise (f.journal, "store.disk-ok", "meter:7", "someone", "value", "\"1\"\n", "limit", "2", NULL);
    fixture_close (&f);
    fixture_open (&f);
    store_range (f.store, 0, 0, TRUE, check_event, &seen, &error);
    g_assert_no_error (error);
    g_assert_cmpuint (seen, ==, 1);
    fixture_tear_down (&f);
}

static gboolean collect_gap (const StoreRow *row, gpointer data)
{
    if (row->kind == MG_READOUT_GAP)
        g_string_append_printf (data, "%d %d-%d;", (int) row->device, (int) mg_readout_get_due_ms (row->readout),
                                (int) mg_readout_get_at_ms (row->readout));
    return TRUE;
}

static void gap_is_one_row_until_it_is_closed (void)
{
    Fixture f = { 0 };
    g_autoptr (GString) gaps = g_string_new (NULL);

    fixture_set_up (&f);
    store_gap_close (f.store, 7, 900); /* none is open */
    store_gap_open (f.store, 7, 1000);
    store_gap_open (f.store, 8, 1500);
    store_gap_open (f.store, 7, 2000);
    fixture_close (&f);
    fixture_open (&f);
    store_gap_open (f.store, 7, 3000); /* still the first one */
    store_gap_close (f.store, 7, 4000);
    store_gap_close (f.store, 7, 5000);
    store_gap_open (f.store, 7, 6000);
    flush (&f);
    store_range (f.store, 0, 0, FALSE, collect_gap, gaps, NULL);
    g_assert_cmpstr (gaps->str, ==, "7 1000-4000;8 1500-0;7 6000-0;");
    fixture_tear_down (&f);
}

typedef struct {
    gint64 at_ms[8];
    gboolean synchronised[8];
    guint n;
} Labels;

static gboolean collect_label (const StoreRow *row, gpointer data)
{
    Labels *l = data;

    l->synchronised[l->n] = row->synchronised;
    l->at_ms[l->n++] = mg_readout_get_at_ms (row->readout);
    return TRUE;
}

static void append_at (Fixture *f, gint64 at_ms)
{
    g_autoptr (MgReadout) r = fixture_readout (1, at_ms);

    store_append (f->store, 7, r, fixture_indices);
}

static void readouts_before_the_clock_was_set_are_dated_later_and_say_so (void)
{
    Fixture f = { 0 };

    fixture_set_up (&f);
    store_new_epoch (f.store, TRUE, 0);
    append_at (&f, 500000);
    store_new_epoch (f.store, FALSE, 0);
    append_at (&f, 5000);
    store_new_epoch (f.store, FALSE, 0);
    append_at (&f, 6000);
    store_new_epoch (f.store, TRUE, 1000000);
    append_at (&f, 1007000);
    flush (&f);
    for (guint round = 0; round < 2; round++) { /* from memory, and as it was written */
        Labels l = { 0 };

        store_range (f.store, 0, 0, FALSE, collect_label, &l, NULL);
        g_assert_cmpuint (l.n, ==, 4);
        g_assert_cmpint (l.at_ms[0], ==, 500000);
        g_assert_cmpint (l.at_ms[1], ==, 1005000);
        g_assert_cmpint (l.at_ms[2], ==, 1006000);
        g_assert_cmpint (l.at_ms[3], ==, 1007000);
        g_assert_true (l.synchronised[0] && !l.synchronised[1] && !l.synchronised[2] && l.synchronised[3]);
        fixture_close (&f);
        fixture_open (&f);
    }
    fixture_tear_down (&f);
}

/* ---- newest, prune */

static gboolean stop_after_three (const StoreRow *row, gpointer data)
{
    GArray *numbers = data;
    gint64 number = mg_reading_get_value (mgh_readout_get_reading (row->readout, 0)).v.number;

    g_array_append_val (numbers, number);
    return numbers->len < 3;
}

static void newest_come_first_until_enough (void)
{
    Fixture f = { 0 };
    g_autoptr (GArray) numbers = g_array_new (FALSE, FALSE, sizeof (gint64));
    Seen seen;

    fixture_set_up (&f);
    fixture_append (&f, 1, 600);
    flush (&f);
    store_newest (f.store, 1000, stop_after_three, numbers, NULL);
    g_assert_cmpuint (numbers->len, ==, 3);
    g_assert_cmpint (g_array_index (numbers, gint64, 0), ==, 600);
    g_assert_cmpint (g_array_index (numbers, gint64, 2), ==, 598);
    seen_init (&seen);
    store_newest (f.store, 599, seen_row, &seen, NULL);
    g_assert_cmpuint (seen.numbers->len, ==, 599);
    g_assert_cmpint (g_array_index (seen.numbers, gint64, 598), ==, 2);
    seen_clear (&seen);
    fixture_tear_down (&f);
}

static void prune_takes_what_is_old_and_behind_every_cursor (void)
{
    Fixture f = { 0 };
    g_autoptr (GError) error = NULL;
    guint64 deleted = 0;
    Seen seen;

    fixture_set_up (&f);
    fixture_append (&f, 0, 5000); /* at_ms 1700000000000 + number */
    flush (&f);
    walk (&f, 0, FALSE, &seen);
    store_cursor_set (f.store, "report:a", g_array_index (seen.seqs, gint64, 4000), &error);
    store_cursor_set (f.store, "report:b", g_array_index (seen.seqs, gint64, 2999), &error);
    g_assert_no_error (error);
    seen_clear (&seen);
    g_assert_true (store_prune (f.store, 1700000000000 + 2500, &deleted, &error));
    g_assert_no_error (error);
    g_assert_cmpuint (deleted, ==, 2500); /* of age */
    g_assert_true (store_prune (f.store, G_MAXINT64, &deleted, &error));
    g_assert_cmpuint (deleted, ==, 500); /* the lower cursor */
    store_cursor_drop (f.store, "report:b");
    flush (&f);
    g_assert_true (store_prune (f.store, G_MAXINT64, &deleted, &error));
    g_assert_cmpuint (deleted, ==, 1001);
    walk (&f, 0, FALSE, &seen);
    g_assert_cmpint (g_array_index (seen.numbers, gint64, 0), ==, 4001);
    g_assert_cmpuint (seen.numbers->len, ==, 999);
    seen_clear (&seen);
    fixture_tear_down (&f);
}

static void space_of_many_deleted_readouts_is_given_back (void)
{
    Fixture f = { 0 };
    g_autoptr (GError) error = NULL;
    StoreStatistics full, empty;
    guint64 deleted = 0;

    fixture_set_up (&f);
    fixture_append (&f, 0, 30000);
    fixture_close (&f);
    fixture_open (&f);
    store_get_statistics (f.store, &full);
    g_assert_true (store_prune (f.store, G_MAXINT64, &deleted, &error));
    g_assert_cmpuint (deleted, ==, 30000);
    fixture_close (&f);
    fixture_open (&f);
    store_get_statistics (f.store, &empty);
    g_assert_cmpint (empty.database_bytes, <, full.database_bytes / 10);
    fixture_tear_down (&f);
}

/* ---- commits */

typedef struct {
    gint64 seq;
    guint readouts, readings, calls;
} Committed;

static void on_commit (gpointer data, gint64 seq, guint readouts, guint readings)
{
    Committed *c = data;

    g_assert_cmpint (seq, >=, c->seq);
    c->seq = seq;
    c->readouts += readouts;
    c->readings += readings;
    c->calls++;
}

static void commits_are_grouped_and_told (void)
{
    Fixture f = { .commit_us = 60 * G_USEC_PER_SEC };
    Committed c = { 0 };
    StoreStatistics statistics;

    fixture_set_up (&f);
    store_on_commit (f.store, on_commit, &c);
    fixture_append (&f, 0, 1200); /* two full groups by count, the rest by the flush */
    flush (&f);
    g_assert_cmpuint (c.readouts, ==, 1200);
    g_assert_cmpuint (c.readings, ==, 1200 * FIXTURE_READINGS);
    g_assert_cmpuint (c.calls, ==, 3);
    g_assert_cmpint (c.seq, ==, store_committed_seq (f.store));
    store_get_statistics (f.store, &statistics);
    g_assert_cmpuint (statistics.readouts, ==, 1200);
    g_assert_cmpuint (statistics.commits, ==, 3);
    g_assert_cmpuint (statistics.queued, ==, 0);
    g_assert_cmpint (statistics.database_bytes, >, 1200 * 100);
    fixture_tear_down (&f);
}

static void wait_until_committed (Fixture *f, gint64 seq)
{
    gint64 until = g_get_monotonic_time () + 10 * G_USEC_PER_SEC;

    while (store_committed_seq (f->store) < seq) {
        g_assert_cmpint (g_get_monotonic_time (), <, until);
        g_usleep (1000);
    }
}

static void commits_come_by_time_without_a_flush (void)
{
    Fixture f = { .commit_us = 10000 };

    fixture_set_up (&f);
    fixture_append (&f, 0, 3);
    wait_until_committed (&f, store_committed_seq (f.store) + 1);
    fixture_tear_down (&f);
}

static void done_is_told_in_the_main_context (void)
{
    g_assert_true (g_main_context_is_owner (NULL));
}

typedef struct {
    GThread *thread;
    guint calls;
} Told;

static void on_done (gpointer data, const GError *error)
{
    Told *told = data;

    g_assert_no_error (error);
    g_assert_true (g_thread_self () == told->thread);
    done_is_told_in_the_main_context ();
    told->calls++;
}

static void sync_tells_the_main_loop (void)
{
    Fixture f = { .commit_us = 60 * G_USEC_PER_SEC };
    Told told = { g_thread_self (), 0 };
    Seen seen;

    fixture_set_up (&f);
    fixture_append (&f, 0, 3);
    store_sync (f.store, on_done, &told);
    while (told.calls == 0)
        g_main_context_iteration (NULL, TRUE);
    walk (&f, 0, FALSE, &seen);
    g_assert_cmpuint (seen.numbers->len, ==, 3);
    seen_clear (&seen);
    fixture_tear_down (&f);
}

/* ---- small state and secrets */

static void assert_bytes (GBytes *bytes, const char *expected)
{
    g_autoptr (GBytes) owned = bytes;

    g_assert_nonnull (bytes);
    g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), expected, strlen (expected));
}

static void put_text (Fixture *f, const char *owner, const char *key, const char *text)
{
    g_autoptr (GBytes) value = g_bytes_new (text, strlen (text));

    store_state_put (f->store, owner, key, value);
}

static void state_is_seen_at_once_and_survives (void)
{
    Fixture f = { 0 };
    g_autoptr (GBytes) secret = g_bytes_new ("\0\1", 2);
    g_autoptr (GBytes) back = NULL;

    fixture_set_up (&f);
    put_text (&f, "driver:a", "b", "1");
    put_text (&f, "driver:a", "b", "2");
    put_text (&f, "driver", ":ab", "3");
    put_text (&f, "driver:a", "gone", "4");
    put_text (&f, "driver:a", "empty", "");
    store_state_put (f.store, "driver:a", "gone", NULL);
    store_secret_put (f.store, "driver:a", "b", secret);
    assert_bytes (store_state_get (f.store, "driver:a", "b"), "2");
    fixture_close (&f);
    fixture_open (&f);
    assert_bytes (store_state_get (f.store, "driver:a", "b"), "2");
    assert_bytes (store_state_get (f.store, "driver", ":ab"), "3");
    assert_bytes (store_state_get (f.store, "driver:a", "empty"), "");
    g_assert_null (store_state_get (f.store, "driver:a", "gone"));
    back = store_secret_get (f.store, "driver:a", "b");
    g_assert_true (g_bytes_equal (back, secret));
    fixture_tear_down (&f);
}

/* ---- cursors and batches */

static void assert_cursor (Fixture *f, const char *name, gint64 expected, gboolean expected_known)
{
    gint64 seq = -1;
    gboolean known = !expected_known;

    g_assert_true (store_cursor_get (f->store, name, &seq, &known, NULL));
    g_assert_cmpint (seq, ==, expected);
    g_assert_cmpint (known, ==, expected_known);
}

static void cursor_never_passes_what_is_kept (void)
{
    Fixture f = { 0 };
    g_autoptr (GError) error = NULL;
    gint64 kept;

    fixture_set_up (&f);
    fixture_append (&f, 0, 3);
    flush (&f);
    kept = store_committed_seq (f.store);
    assert_cursor (&f, "report:a", 0, FALSE);
    g_assert_false (store_cursor_set (f.store, "report:a", kept + 1, &error));
    g_assert_error (error, MG_ERROR, MG_ERROR_RANGE);
    assert_cursor (&f, "report:a", 0, FALSE);
    g_clear_error (&error);
    g_assert_true (store_cursor_set (f.store, "report:a", kept, &error));
    assert_cursor (&f, "report:a", kept, TRUE);
    fixture_close (&f);
    fixture_open (&f);
    assert_cursor (&f, "report:a", kept, TRUE);
    store_cursor_drop (f.store, "report:a");
    flush (&f);
    assert_cursor (&f, "report:a", 0, FALSE);
    fixture_tear_down (&f);
}

static gboolean collect_batch (const StoreBatch *b, gpointer data)
{
    g_string_append_printf (data, "%s/%s/%s/%s/%d/%u/%s/%d ", b->identity, b->name, b->spool ? b->spool : "-",
                            b->content_type ? b->content_type : "-", b->state, b->attempts, b->code ? b->code : "-",
                            (int) b->done_ms);
    return TRUE;
}

static void assert_batches (Fixture *f, guint states, const char *expected)
{
    g_autoptr (GString) text = g_string_new (NULL);
    g_autoptr (GError) error = NULL;

    store_batches (f->store, "report:a", states, collect_batch, text, &error);
    g_assert_no_error (error);
    g_assert_cmpstr (text->str, ==, expected);
}

static void freeze_keeps_batches_and_cursor_in_one_commit (void)
{
    Fixture f = { 0 };
    g_autoptr (GError) error = NULL;
    StoreBatch two[] = {
        { .first_seq = 1,
          .last_seq = 2,
          .due_ms = 5,
          .identity = "id1",
          .name = "a.csv",
          .spool = "spool/1",
          .content_type = "text/csv" },
        { .first_seq = 3, .last_seq = 4, .due_ms = 5, .identity = "id2", .name = "b.csv" },
    };
    gint64 kept;

    fixture_set_up (&f);
    fixture_append (&f, 0, 3);
    flush (&f);
    kept = store_committed_seq (f.store);
    g_assert_true (store_batch_freeze (f.store, "report:a", kept - 1, two, 2, &error));
    g_assert_no_error (error);
    g_assert_cmpint (two[0].id, >, 0);
    g_assert_cmpint (two[1].id, >, two[0].id);
    assert_cursor (&f, "report:a", kept - 1, TRUE);
    g_assert_true (store_batch_freeze (f.store, "report:a", kept, NULL, 0, &error));
    assert_cursor (&f, "report:a", kept, TRUE);
    two[0].state = STORE_BATCH_DELIVERED;
    two[0].attempts = 3;
    two[0].done_ms = 77;
    two[0].code = "done";
    g_assert_true (store_batch_update (f.store, &two[0], &error));
    fixture_close (&f);
    fixture_open (&f);
    assert_cursor (&f, "report:a", kept, TRUE);
    assert_batches (&f, 1u << STORE_BATCH_FROZEN, "id2/b.csv/-/-/1/0/-/0 ");
    assert_batches (&f, 1u << STORE_BATCH_DELIVERED, "id1/a.csv/spool/1/text/csv/2/3/done/77 ");
    assert_batches (&f, ~0u, "id1/a.csv/spool/1/text/csv/2/3/done/77 id2/b.csv/-/-/1/0/-/0 ");
    fixture_tear_down (&f);
}

static void refused_freeze_leaves_nothing_behind (void)
{
    Fixture f = { 0 };
    g_autoptr (GError) error = NULL;
    StoreBatch one = { .first_seq = 1, .last_seq = 2, .identity = "id1", .name = "a" };
    StoreBatch two[] = { { .first_seq = 3, .last_seq = 4, .identity = "id2", .name = "b" },
                         { .first_seq = 5, .last_seq = 6, .identity = "id1", .name = "c" } };

    fixture_set_up (&f);
    fixture_append (&f, 0, 3);
    flush (&f);
    g_assert_true (store_batch_freeze (f.store, "report:a", 1, &one, 1, &error));
    g_assert_false (store_batch_freeze (f.store, "report:a", 2, two, 2, &error)); /* the identity is taken */
    g_assert_error (error, MG_ERROR, MG_ERROR_IO);
    assert_cursor (&f, "report:a", 1, TRUE);
    assert_batches (&f, ~0u, "id1/a/-/-/1/0/-/0 ");
    one.id = 4711;
    g_clear_error (&error);
    g_assert_false (store_batch_update (f.store, &one, &error));
    g_assert_error (error, MG_ERROR, MG_ERROR_RANGE);
    fixture_tear_down (&f);
}

static gboolean count_batch (const StoreBatch *b, gpointer data)
{
    gint64 *last = data;

    g_assert_cmpint (b->id, >, last[0]);
    last[0] = b->id;
    last[1]++;
    return TRUE;
}

static void long_backlog_is_read_oldest_first (void)
{
    Fixture f = { 0 };
    StoreBatch batches[300] = { 0 };
    gint64 last[2] = { 0 };

    fixture_set_up (&f);
    for (guint i = 0; i < G_N_ELEMENTS (batches); i++) {
        batches[i].identity = g_strdup_printf ("id%u", i);
        batches[i].name = "x";
    }
    g_assert_true (store_batch_freeze (f.store, "report:a", 0, batches, G_N_ELEMENTS (batches), NULL));
    g_assert_true (store_batches (f.store, "report:a", 1u << STORE_BATCH_FROZEN, count_batch, last, NULL));
    g_assert_cmpint (last[1], ==, G_N_ELEMENTS (batches));
    for (guint i = 0; i < G_N_ELEMENTS (batches); i++)
        g_free ((char *) batches[i].identity);
    fixture_tear_down (&f);
}

int main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
#define ADD(name) g_test_add_func ("/store/" #name, name)
    ADD (readouts_come_back_in_order);
    ADD (values_survive_a_restart_exactly);
    ADD (numbers_rise_over_restarts_and_a_lost_readings_database);
    ADD (files_are_private);
    ADD (folder_is_made_private);
    ADD (second_store_on_the_folder_is_refused_in_words);
    ADD (meters_are_loaded_as_they_were_put);
    ADD (wrong_row_is_refused_alone);
    ADD (events_and_readouts_are_one_sequence);
    ADD (events_keep_their_parameters);
    ADD (gap_is_one_row_until_it_is_closed);
    ADD (readouts_before_the_clock_was_set_are_dated_later_and_say_so);
    ADD (newest_come_first_until_enough);
    ADD (prune_takes_what_is_old_and_behind_every_cursor);
    ADD (space_of_many_deleted_readouts_is_given_back);
    ADD (commits_are_grouped_and_told);
    ADD (commits_come_by_time_without_a_flush);
    ADD (sync_tells_the_main_loop);
    ADD (state_is_seen_at_once_and_survives);
    ADD (cursor_never_passes_what_is_kept);
    ADD (freeze_keeps_batches_and_cursor_in_one_commit);
    ADD (refused_freeze_leaves_nothing_behind);
    ADD (long_backlog_is_read_oldest_first);
    return g_test_run ();
}
