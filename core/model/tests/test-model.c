/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-model.c: meters, points by key, keep, silence, by-hand values and the list, over a real store. */
#include <model/model.h>

#include <glib/gstdio.h>
#include <sqlite3.h>

typedef struct {
    char *folder;
    Journal *journal;
    Store *store;
    Model *model;
    GPtrArray *events; /* codes */
} Fixture;

static const char *interface_of (gpointer data, const char *channel)
{
    return g_str_has_prefix (channel, "mbus") ? "MBus" : NULL;
}

static void on_event (gpointer data, const JournalEvent *event)
{
    g_ptr_array_add (((Fixture *) data)->events, g_strdup (event->code));
}

static void open_all (Fixture *f)
{
    StoreOptions options = { .folder = f->folder, .reserve_bytes = 0 };
    ModelLinks links = { .interface_of = interface_of };
    g_autoptr (GError) error = NULL;

    f->journal = journal_new (NULL);
    journal_listen (f->journal, on_event, f);
    f->store = store_open (&options, f->journal, &error);
    g_assert_no_error (error);
    f->model = model_new (f->store, f->journal, &links, &error);
    g_assert_no_error (error);
}

static void close_all (Fixture *f)
{
    model_free (f->model);
    store_close (f->store);
    journal_free (f->journal);
}

static void set_up (Fixture *f, gconstpointer data)
{
    f->folder = g_dir_make_tmp ("metergate-model-XXXXXX", NULL);
    f->events = g_ptr_array_new_with_free_func (g_free);
    open_all (f);
}

static void tear_down (Fixture *f, gconstpointer data)
{
    g_autoptr (GDir) dir = NULL;
    const char *name;

    close_all (f);
    dir = g_dir_open (f->folder, 0, NULL);
    while ((name = g_dir_read_name (dir)) != NULL) {
        g_autofree char *path = g_build_filename (f->folder, name, NULL);
        g_unlink (path);
    }
    g_rmdir (f->folder);
    g_ptr_array_unref (f->events);
    g_free (f->folder);
}

static void import (Fixture *f, const char *rows, guint added, guint changed, guint unchanged)
{
    g_autofree char *text = g_strconcat ("label;channel;address;identity;medium;cycle;keep;tags\n", rows, NULL);
    ModelImport result;
    g_autoptr (GError) error = NULL;

    model_import_csv (f->model, text, strlen (text), &result, &error);
    g_assert_no_error (error);
    g_assert_cmpuint (result.added, ==, added);
    g_assert_cmpuint (result.changed, ==, changed);
    g_assert_cmpuint (result.unchanged, ==, unchanged);
}

/* a readout of readings key = value, ended by NULL */
static void take (Fixture *f, guint32 device, gint64 due_ms, ...)
{
    static const MgMeaning energy =
        MG_INIT (MgMeaning, .quantity = "energy", .unit = MG_UNIT_WH, .kind = MG_POINT_COUNTER);
    MgReadout *readout = mg_readout_new (NULL);
    va_list args;
    const char *key;

    va_start (args, due_ms);
    while ((key = va_arg (args, const char *)) != NULL)
        mg_readout_add (readout, key, &energy, mg_value_decimal (va_arg (args, int), 3), 0);
    va_end (args);
    mgh_readout_set_times (readout, due_ms, due_ms + 500);
    mgh_readout_finish (readout);
    model_take (f->model, device, readout);
    mg_readout_unref (readout);
}

static guint64 kept (Fixture *f)
{
    StoreStatistics statistics;

    g_assert_true (store_flush (f->store, NULL));
    store_get_statistics (f->store, &statistics);
    return statistics.readouts;
}

static gint64 value_of (Fixture *f, guint32 meter, const char *key)
{
    const ModelMeter *m = model_find (f->model, meter);
    const MgPoint *point = mg_meter_find_point (m->meter, key);

    g_assert_nonnull (point);
    const MgReading *reading = mg_meter_now_get_reading (m->now, mg_point_get_index (point));
    g_assert_nonnull (reading);
    return mg_reading_get_value (reading).v.number;
}

static void new_keys_append_points_and_never_renumber (Fixture *f, gconstpointer data)
{
    import (f, "a;mbus1;1;;;;;\n", 1, 0, 0);
    take (f, 1, 1000, "0.0.0.0:00", 5, "0.1.0.0:00", 6, NULL);
    take (f, 1, 2000, "0.2.0.0:00", 7, "0.0.0.0:00", 8, NULL); /* another order, one new */
    const MgMeter *meter = model_find (f->model, 1)->meter;
    g_assert_cmpuint (mg_meter_get_n_points (meter), ==, 3);
    g_assert_cmpuint (mg_point_get_index (mg_meter_find_point (meter, "0.0.0.0:00")), ==, 0);
    g_assert_cmpuint (mg_point_get_index (mg_meter_find_point (meter, "0.2.0.0:00")), ==, 2);
    g_assert_cmpint (value_of (f, 1, "0.0.0.0:00"), ==, 8);
    g_assert_cmpint (value_of (f, 1, "0.1.0.0:00"), ==, 6); /* of the telegram before */
}

static void points_and_values_come_back_after_a_restart (Fixture *f, gconstpointer data)
{
    import (f, "a;mbus1;1;KAM-06855817-8-4;;5s;;panel=east floor=3\n", 1, 0, 0);
    take (f, 1, 1000, "0.0.0.0:00", 5, "0.1.0.0:00", 6, NULL);
    take (f, 1, 2000, "0.1.0.0:00", 7, NULL);
    close_all (f);
    open_all (f);
    const ModelMeter *m = model_find (f->model, 1);
    g_assert_nonnull (m);
    g_assert_cmpstr (m->label, ==, "a");
    g_assert_cmpstr (m->cycle, ==, "5s");
    g_assert_cmpstr (m->identity, ==, "KAM-06855817-8-4");
    g_assert_cmpstr (mg_meter_get_tags (m->meter, "panel")[0], ==, "east");
    g_assert_cmpstr (mg_meter_get_identity (m->meter)->manufacturer, ==, "KAM");
    g_assert_cmpint (value_of (f, 1, "0.0.0.0:00"), ==, 5);
    g_assert_cmpint (value_of (f, 1, "0.1.0.0:00"), ==, 7);
    take (f, 1, 3000, "0.1.0.0:00", 8, "0.3.0.0:00", 9, NULL);
    g_assert_cmpuint (mg_meter_get_n_points (model_find (f->model, 1)->meter), ==, 3);
}

static void twins_are_points_of_their_own (Fixture *f, gconstpointer data)
{
    import (f, "a;mbus1;1;;;;;\n", 1, 0, 0);
    take (f, 1, 1000, "0.0.0.0:00", 5, "0.0.0.0:00", 6, NULL);
    g_assert_cmpint (value_of (f, 1, "0.0.0.0:00"), ==, 5);
    g_assert_cmpint (value_of (f, 1, "0.0.0.0:00#2"), ==, 6);
}

static void keep_decides_what_is_kept (Fixture *f, gconstpointer data)
{
    import (f, "a;mbus1;1;;;;all;\nb;mbus1;2;;;;live;\nc;mbus1;3;;;;change;\nd;mbus1;4;;;;slot;\n", 4, 0, 0);
    for (guint device = 1; device <= 4; device++) {
        take (f, device, 1000, "0.0.0.0:00", 5, NULL);
        take (f, device, 1000, "0.0.0.0:00", 5, NULL);
        take (f, device, 2000, "0.0.0.0:00", 6, NULL);
        g_assert_cmpint (value_of (f, device, "0.0.0.0:00"), ==, 6); /* live is always the newest */
    }
    g_assert_cmpuint (kept (f), ==, 3 + 0 + 2 + 2);
}

static void miss (Fixture *f, guint32 device, gint64 due_ms, guint times)
{
    g_autoptr (GError) why = g_error_new (MG_ERROR, MG_ERROR_TIMEOUT, "no answer");

    for (guint i = 0; i < times; i++)
        model_missed (f->model, device, due_ms + 1000 * i, why);
}

static gboolean gap_text (const StoreRow *row, gpointer text)
{
    if (row->kind == MG_READOUT_GAP)
        g_string_append_printf (text, "%" G_GINT64_FORMAT " %" G_GINT64_FORMAT "-%" G_GINT64_FORMAT ";", row->device,
                                mg_readout_get_due_ms (row->readout), mg_readout_get_at_ms (row->readout));
    return TRUE;
}

/* "device begin-end;" of each gap row that is kept */
static char *gaps_of (Fixture *f)
{
    GString *text = g_string_new (NULL);

    g_assert_true (store_flush (f->store, NULL));
    g_assert_true (store_range (f->store, 0, 0, FALSE, gap_text, text, NULL));
    return g_string_free (text, FALSE);
}

static void a_slot_is_kept_once_over_a_restart (Fixture *f, gconstpointer data)
{
    import (f, "a;mbus1;1;;;;slot;\nb;mbus1;2;;;;slot;\n", 2, 0, 0);
    take (f, 1, 1000, "0.0.0.0:00", 5, NULL);
    take (f, 2, 0, "0.0.0.0:00", 5, NULL); /* not asked: it spoke by itself, at 500 ms */
    g_assert_cmpuint (kept (f), ==, 2);
    close_all (f);
    open_all (f);
    take (f, 1, 1000, "0.0.0.0:00", 6, NULL);
    take (f, 2, 0, "0.0.0.0:00", 6, NULL);
    g_assert_cmpuint (kept (f), ==, 0);
    take (f, 1, 2000, "0.0.0.0:00", 7, NULL);
    g_assert_cmpuint (kept (f), ==, 1);
}

static void three_misses_are_one_silence_and_one_gap (Fixture *f, gconstpointer data)
{
    g_autofree char *gaps = NULL;

    import (f, "a;mbus1;1;;;;;\n", 1, 0, 0);
    take (f, 1, 1000, "0.0.0.0:00", 5, NULL);
    g_ptr_array_set_size (f->events, 0);
    miss (f, 1, 2000, 5);
    g_assert_cmpuint (f->events->len, ==, 1);
    g_assert_cmpstr (f->events->pdata[0], ==, "meter.silent");
    g_assert_true (mg_meter_now_is_silent (model_find (f->model, 1)->now));
    take (f, 1, 7000, "0.0.0.0:00", 6, NULL);
    g_assert_cmpuint (f->events->len, ==, 2);
    g_assert_cmpstr (f->events->pdata[1], ==, "meter.returned");
    g_assert_false (mg_meter_now_is_silent (model_find (f->model, 1)->now));
    g_assert_cmpstr ((gaps = gaps_of (f)), ==, "1 2000-7500;");
}

static void a_silence_goes_on_over_a_restart (Fixture *f, gconstpointer data)
{
    g_autofree char *open = NULL, *closed = NULL;

    import (f, "a;mbus1;1;;;;;\nb;mbus1;2;;;;;\n", 2, 0, 0);
    take (f, 1, 1000, "0.0.0.0:00", 5, NULL);
    miss (f, 1, 2000, 3);
    miss (f, 2, 2000, 2);
    close_all (f);
    open_all (f);
    g_assert_true (model_find (f->model, 1)->silent);
    g_assert_true (mg_meter_now_is_silent (model_find (f->model, 1)->now));
    g_assert_cmpint (value_of (f, 1, "0.0.0.0:00"), ==, 5);
    g_assert_false (model_find (f->model, 2)->silent);
    g_ptr_array_set_size (f->events, 0);
    miss (f, 1, 6000, 3);
    g_assert_cmpstr ((open = gaps_of (f)), ==, "1 2000-0;");
    g_assert_cmpuint (f->events->len, ==, 0);
    close_all (f);
    open_all (f);
    g_ptr_array_set_size (f->events, 0);
    take (f, 1, 9000, "0.0.0.0:00", 6, NULL);
    g_assert_cmpstr ((closed = gaps_of (f)), ==, "1 2000-9500;");
    g_assert_cmpuint (f->events->len, ==, 1);
    g_assert_cmpstr (f->events->pdata[0], ==, "meter.returned");
    g_assert_false (mg_meter_now_is_silent (model_find (f->model, 1)->now));
}

static void a_meter_removed_while_silent_leaves_no_open_gap (Fixture *f, gconstpointer data)
{
    g_autofree char *gaps = NULL;

    import (f, "a;mbus1;1;;;;;\n", 1, 0, 0);
    miss (f, 1, 2000, 3);
    close_all (f);
    open_all (f);
    g_assert_true (model_remove (f->model, 1, NULL));
    gaps = gaps_of (f);
    g_assert_true (g_str_has_prefix (gaps, "1 2000-"));
    g_assert_false (g_str_has_suffix (gaps, "-0;"));
}

/* the meter's row says removed, its device's row does not yet */
static void a_removal_that_was_cut_in_half_is_a_removal (Fixture *f, gconstpointer data)
{
    g_autofree char *path = g_build_filename (f->folder, "state.db", NULL);
    sqlite3 *db;

    import (f, "a;mbus1;1;;;;;\n", 1, 0, 0);
    take (f, 1, 1000, "0.0.0.0:00", 5, NULL);
    g_assert_true (model_remove (f->model, 1, NULL));
    close_all (f);
    g_assert_cmpint (sqlite3_open (path, &db), ==, SQLITE_OK);
    g_assert_cmpint (sqlite3_exec (db, "UPDATE device SET to_seq = NULL", NULL, NULL, NULL), ==, SQLITE_OK);
    g_assert_cmpint (sqlite3_changes (db), ==, 1);
    sqlite3_close (db);
    open_all (f);
    g_assert_cmpuint (model_get_n_meters (f->model), ==, 0);
    g_assert_null (model_find_device (f->model, 1));
    take (f, 1, 2000, "0.0.0.0:00", 6, NULL);
    g_assert_cmpuint (kept (f), ==, 0);
}

static void what_a_person_set_wins_over_the_driver (Fixture *f, gconstpointer data)
{
    g_autoptr (GError) error = NULL;

    import (f, "a;mbus1;1;;;;;\n", 1, 0, 0);
    take (f, 1, 1000, "0.0.0.0:00", 5, NULL);
    g_assert_true (model_set_by_hand (f->model, 1, "0.0.0.0:00", "label", "Main", &error));
    g_assert_true (model_set_by_hand (f->model, 1, "0.0.0.0:00", "unit", "m3", &error));
    g_assert_false (model_set_by_hand (f->model, 1, "0.0.0.0:00", "obis", "1.8.0", &error));
    g_assert_error (error, MODEL_ERROR, MODEL_ERROR_INVALID);
    g_clear_error (&error);
    close_all (f);
    open_all (f);
    take (f, 1, 2000, "0.0.0.0:00", 6, NULL); /* the driver still says Wh */
    const MgPoint *point = mg_meter_get_point (model_find (f->model, 1)->meter, 0);
    g_assert_cmpstr (mg_point_get_label (point), ==, "Main");
    g_assert_cmpuint (mg_point_get_meaning (point)->unit, ==, MG_UNIT_M3);
    g_assert_true (model_set_by_hand (f->model, 1, "0.0.0.0:00", "unit", NULL, &error));
    point = mg_meter_get_point (model_find (f->model, 1)->meter, 0);
    g_assert_cmpuint (mg_point_get_meaning (point)->unit, ==, MG_UNIT_WH);
}

static void one_meter_is_added_and_changed_with_its_revision (Fixture *f, gconstpointer data)
{
    g_autoptr (GError) error = NULL;
    ModelPlace place = { .label = "Hall", .channel = "mbus1", .address = "9", .cycle = "5s", .tags = "floor=1" };
    guint32 id = 0;

    g_assert_true (model_add (f->model, &place, &id, &error));
    g_assert_cmpuint (id, ==, 1);
    g_assert_false (model_add (f->model, &place, &id, &error));
    g_assert_error (error, MODEL_ERROR, MODEL_ERROR_TAKEN);
    g_clear_error (&error);
    gint64 rev = model_find (f->model, 1)->rev;
    g_assert_true (model_edit (f->model, 1, &(ModelPlace){ .label = "Hall" }, -1, &error));
    g_assert_cmpint (model_find (f->model, 1)->rev, ==, rev); /* nothing changed */
    g_assert_true (model_edit (f->model, 1, &(ModelPlace){ .label = "Attic", .cycle = "" }, FALSE, &error));
    g_assert_cmpint (model_find (f->model, 1)->rev, >, rev);
    g_assert_false (model_edit (f->model, 1, &(ModelPlace){ .keep = "never" }, -1, &error));
    g_assert_error (error, MODEL_ERROR, MODEL_ERROR_INVALID);
    g_clear_error (&error);
    g_assert_false (model_edit (f->model, 2, &(ModelPlace){ .label = "x" }, -1, &error));
    g_assert_error (error, MODEL_ERROR, MODEL_ERROR_UNKNOWN);
    rev = model_find (f->model, 1)->rev;
    close_all (f);
    open_all (f);
    const ModelMeter *m = model_find (f->model, 1);
    g_assert_cmpstr (m->label, ==, "Attic");
    g_assert_null (m->cycle);
    g_assert_false (m->active);
    g_assert_cmpint (m->rev, ==, rev);
    g_assert_cmpstr (mg_meter_get_tags (m->meter, "floor")[0], ==, "1");
}

static guint count_events (Fixture *f, const char *code)
{
    guint n = 0;

    for (guint i = 0; i < f->events->len; i++)
        n += g_str_equal (f->events->pdata[i], code);
    return n;
}

static void an_exchange_keeps_points_and_the_old_device (Fixture *f, gconstpointer data)
{
    g_autoptr (GError) error = NULL;

    import (f, "a;mbus1;1;KAM-06855817-8-4;;;;\nb;mbus1;2;;;;;\n", 2, 0, 0);
    take (f, 1, 1000, "0.0.0.0:00", 500, "0.1.0.0:00", 6, NULL);
    g_assert_false (model_exchange (f->model, 1, "2", NULL, NULL, &error));
    g_assert_error (error, MODEL_ERROR, MODEL_ERROR_TAKEN);
    g_clear_error (&error);
    g_assert_false (model_exchange (f->model, 1, NULL, "nonsense", NULL, &error));
    g_assert_error (error, MODEL_ERROR, MODEL_ERROR_INVALID);
    g_clear_error (&error);
    g_assert_cmpuint (count_events (f, "meter.exchanged"), ==, 0);
    g_assert_true (model_exchange (f->model, 1, NULL, "KAM-00000042-8-4", "user:anna", &error));
    g_assert_cmpuint (count_events (f, "meter.exchanged"), ==, 1);
    const ModelMeter *m = model_find (f->model, 1);
    guint32 next = m->device;
    g_assert_cmpuint (next, ==, 3);
    g_assert_cmpuint (m->device_before, ==, 1);
    g_assert_null (mg_meter_now_get_reading (m->now, 0)); /* the old one's counter is not the new one's */
    take (f, 1, 2000, "0.0.0.0:00", 501, NULL);           /* late, from the old one: dropped */
    g_assert_cmpuint (count_events (f, "meter.first-reading"), ==, 0);
    for (guint round = 0; round < 2; round++) { /* now, and after a restart */
        ModelCatalogue *catalogue = model_catalogue (f->model);
        g_assert_cmpstr (mg_meter_get_identity (model_catalogue_of_device (catalogue, 1))->serial, ==, "06855817");
        g_assert_cmpstr (mg_meter_get_identity (model_catalogue_of_device (catalogue, next))->serial, ==, "00000042");
        g_assert_cmpuint (mg_meter_get_id (model_catalogue_of_device (catalogue, 1)), ==, 1);
        model_catalogue_free (catalogue);
        close_all (f);
        open_all (f);
    }
    take (f, next, 3000, "0.1.0.0:00", 1, "0.0.0.0:00", 2, NULL);
    take (f, next, 4000, "0.0.0.0:00", 3, NULL);
    g_assert_cmpuint (count_events (f, "meter.first-reading"), ==, 1);
    g_assert_cmpuint (mg_point_get_index (mg_meter_find_point (model_find (f->model, 1)->meter, "0.0.0.0:00")), ==, 0);
    g_assert_cmpint (value_of (f, 1, "0.0.0.0:00"), ==, 3);
}

static void an_exchange_that_was_cut_in_half_is_an_exchange (Fixture *f, gconstpointer data)
{
    StoreDevice next = { .id = 2, .meter = 1, .channel = "mbus1", .address = "1", .from_seq = 1 };

    import (f, "a;mbus1;1;KAM-06855817-8-4;;;;\n", 1, 0, 0);
    take (f, 1, 1000, "0.0.0.0:00", 500, NULL);
    store_put_device (f->store, &next); /* and the old one is not closed */
    close_all (f);
    open_all (f);
    g_assert_cmpuint (model_find (f->model, 1)->device, ==, 2);
    g_assert_null (model_find_device (f->model, 1));
    ModelCatalogue *catalogue = model_catalogue (f->model);
    g_assert_cmpstr (mg_meter_get_identity (model_catalogue_of_device (catalogue, 1))->serial, ==, "06855817");
    model_catalogue_free (catalogue);
}

static void a_driver_that_knows_better_corrects_the_meaning (Fixture *f, gconstpointer data)
{
    static const MgMeaning heat =
        MG_INIT (MgMeaning, .quantity = "volume", .unit = MG_UNIT_M3, .kind = MG_POINT_COUNTER);

    import (f, "a;mbus1;1;;;;;\n", 1, 0, 0);
    take (f, 1, 1000, "0.0.0.0:00", 5, NULL);
    close_all (f);
    open_all (f);
    MgReadout *readout = mg_readout_new (NULL);
    mg_readout_add (readout, "0.0.0.0:00", &heat, mg_value_decimal (7, 0), 0);
    mgh_readout_set_times (readout, 2000, 2000);
    mgh_readout_finish (readout);
    model_take (f->model, 1, readout);
    mg_readout_unref (readout);
    const MgMeter *meter = model_find (f->model, 1)->meter;
    g_assert_cmpuint (mg_meter_get_n_points (meter), ==, 1);
    g_assert_cmpuint (mg_point_get_meaning (mg_meter_get_point (meter, 0))->unit, ==, MG_UNIT_M3);
}

static void a_removed_meter_leaves_its_history (Fixture *f, gconstpointer data)
{
    g_autoptr (GError) error = NULL;
    gint seen = 0;

    import (f, "a;mbus1;1;;;;;\nb;mbus1;2;;;;;\n", 2, 0, 0);
    take (f, 1, 1000, "0.0.0.0:00", 5, NULL);
    g_assert_true (model_remove (f->model, 1, &error));
    take (f, 1, 2000, "0.0.0.0:00", 6, NULL); /* too late: dropped */
    g_assert_cmpuint (kept (f), ==, 1);
    for (seen = 0; seen < 2; seen++) {
        ModelCatalogue *catalogue = model_catalogue (f->model);
        const MgMeter *meter = model_catalogue_of_device (catalogue, 1);
        g_assert_cmpuint (model_get_n_meters (f->model), ==, 1);
        g_assert_nonnull (meter);
        g_assert_cmpstr (mg_meter_get_label (meter), ==, "a");
        g_assert_cmpuint (mg_meter_get_n_points (meter), ==, 1);
        model_catalogue_free (catalogue);
        close_all (f);
        open_all (f);
    }
    import (f, "c;mbus1;1;;;;;\n", 1, 0, 0); /* the place is free again, with a new number */
    g_assert_null (model_find (f->model, 1));
    g_assert_cmpstr (model_find (f->model, 3)->label, ==, "c");
}

static void the_list_survives_spreadsheets (Fixture *f, gconstpointer data)
{
    const char *nasty = "\"say \"\"hi\"\"; =1+1\";mbus1;1;;;;;\n'=cmd;mbus1;2;;;;;\n";
    g_autofree char *first = NULL;
    ModelImport result;
    g_autoptr (GError) error = NULL;

    import (f, nasty, 2, 0, 0);
    g_assert_cmpstr (model_find (f->model, 1)->label, ==, "say \"hi\"; =1+1");
    g_assert_cmpstr (model_find (f->model, 2)->label, ==, "=cmd");
    first = model_export_csv (f->model);
    g_assert_nonnull (strstr (first, "'=cmd"));
    g_assert_true (model_import_csv (f->model, first, strlen (first), &result, &error));
    g_assert_cmpuint (result.unchanged, ==, 2);
}

static void any_prefix_of_a_list_is_taken_or_refused (Fixture *f, gconstpointer data)
{
    const char *text = "label;channel;address;identity;medium;cycle;keep;tags\n\"q;\"\"\";mbus1;1;A-1-1-1;heat;15s;all;"
                       "a=b c=d\r\nx;mbus1;2\n";

    for (gsize len = 0; len <= strlen (text); len++) {
        g_autoptr (GError) error = NULL;
        ModelImport result;
        gboolean ok = model_import_csv (f->model, text, len, &result, &error);
        g_assert_true (ok == (error == NULL));
    }
    g_assert_cmpuint (model_get_n_meters (f->model), ==, 2);
}

/* enough for an index; in another order each time */
static void many_points_are_found_again (Fixture *f, gconstpointer data)
{
    static const MgMeaning energy =
        MG_INIT (MgMeaning, .quantity = "energy", .unit = MG_UNIT_WH, .kind = MG_POINT_COUNTER);
    char key[24];

    import (f, "a;mbus1;1;;;;;\n", 1, 0, 0);
    for (guint round = 0; round < 3; round++) {
        MgReadout *readout = mg_readout_new (NULL);
        for (guint i = 0; i < 200; i++) {
            g_snprintf (key, sizeof key, "0.%u.0.0:00", (i * 7 + round * 13) % 200);
            mg_readout_add (readout, key, &energy, mg_value_decimal ((i * 7 + round * 13) % 200, 0), 0);
        }
        mgh_readout_finish (readout);
        model_take (f->model, 1, readout);
        mg_readout_unref (readout);
    }
    g_assert_cmpuint (mg_meter_get_n_points (model_find (f->model, 1)->meter), ==, 200);
    g_assert_cmpint (value_of (f, 1, "0.123.0.0:00"), ==, 123);
    g_assert_true (model_set_by_hand (f->model, 1, "0.123.0.0:00", "label", "x", NULL));
    g_assert_false (model_set_by_hand (f->model, 1, "0.200.0.0:00", "label", "x", NULL));
}

static void another_identity_is_told_once (Fixture *f, gconstpointer data)
{
    import (f, "a;mbus1;1;KAM-06855817-8-4;;;;\n", 1, 0, 0);
    g_ptr_array_set_size (f->events, 0);
    for (guint i = 0; i < 2; i++) {
        MgIdentity other = MG_INIT (MgIdentity, .manufacturer = "ELS", .serial = "1", .version = 2, .medium = 7);
        MgReadout *readout = mg_readout_new (NULL);
        mg_readout_set_identity (readout, &other);
        mgh_readout_finish (readout);
        model_take (f->model, 1, readout);
        mg_readout_unref (readout);
    }
    g_assert_cmpuint (f->events->len, ==, 1);
    g_assert_cmpstr (f->events->pdata[0], ==, "meter.identity-changed");
    g_assert_cmpstr (model_find (f->model, 1)->identity, ==, "KAM-06855817-8-4");
}

int main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
#define ADD(name) g_test_add ("/model/" #name, Fixture, NULL, set_up, name, tear_down)
    ADD (new_keys_append_points_and_never_renumber);
    ADD (points_and_values_come_back_after_a_restart);
    ADD (twins_are_points_of_their_own);
    ADD (keep_decides_what_is_kept);
    ADD (a_slot_is_kept_once_over_a_restart);
    ADD (three_misses_are_one_silence_and_one_gap);
    ADD (a_silence_goes_on_over_a_restart);
    ADD (a_meter_removed_while_silent_leaves_no_open_gap);
    ADD (a_removal_that_was_cut_in_half_is_a_removal);
    ADD (what_a_person_set_wins_over_the_driver);
    ADD (a_driver_that_knows_better_corrects_the_meaning);
    ADD (a_removed_meter_leaves_its_history);
    ADD (the_list_survives_spreadsheets);
    ADD (any_prefix_of_a_list_is_taken_or_refused);
    ADD (many_points_are_found_again);
    ADD (another_identity_is_told_once);
    ADD (one_meter_is_added_and_changed_with_its_revision);
    ADD (an_exchange_keeps_points_and_the_old_device);
    ADD (an_exchange_that_was_cut_in_half_is_an_exchange);
    return g_test_run ();
}
