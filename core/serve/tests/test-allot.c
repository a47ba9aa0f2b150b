/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-allot.c: numbers that stay, ages that hold, addresses to listen at. */
#include <serve/allot.h>

#include <host/mgh-model.h>

#include "bind.h"
#include "image.h"

typedef struct {
    char *folder;
    Journal *journal;
    Store *store;
    Allotments *allotments;
} Fixture;

static void begin (Fixture *f, gconstpointer data)
{
    g_autoptr (GError) error = NULL;

    if (f->folder == NULL)
        f->folder = g_dir_make_tmp ("metergate-allot-XXXXXX", NULL);
    StoreOptions options = { .folder = f->folder };
    f->journal = journal_new (NULL);
    f->store = store_open (&options, f->journal, &error);
    g_assert_no_error (error);
    f->allotments = allotments_new (f->store, "server:modbus");
}

static void stop (Fixture *f)
{
    allotments_free (f->allotments);
    store_close (f->store);
    journal_free (f->journal);
}

static void end (Fixture *f, gconstpointer data)
{
    g_autofree char *remove = g_strdup_printf ("rm -rf '%s'", f->folder);

    stop (f);
    g_assert_cmpint (system (remove), ==, 0);
    g_free (f->folder);
}

static guint32 allot (Fixture *f, const char *space, const char *key, guint32 width, guint32 wish)
{
    g_autoptr (GError) error = NULL;
    guint32 first = G_MAXUINT32;

    allotments_allot (f->allotments, space, key, 10, 59, width, wish, &first, &error);
    g_assert_no_error (error);
    return first;
}

static void numbers_are_the_same_for_ever (Fixture *f, gconstpointer data)
{
    g_assert_cmpuint (allot (f, "a", "one", 10, 0), ==, 10);
    g_assert_cmpuint (allot (f, "a", "two with blanks", 10, 40), ==, 40);
    g_assert_cmpuint (allot (f, "a", "three", 10, 0), ==, 20);
    g_assert_cmpuint (allot (f, "a", "one", 10, 30), ==, 10); /* what is allotted stays, whatever is wished */
    g_assert_cmpuint (allot (f, "b", "one", 10, 0), ==, 10);  /* spaces do not know each other */
    stop (f);
    begin (f, NULL);
    g_assert_cmpuint (allot (f, "a", "three", 10, 0), ==, 20);
    g_assert_cmpuint (allot (f, "a", "two with blanks", 10, 0), ==, 40);
    g_assert_cmpuint (allot (f, "a", "four", 10, 45), ==, 30); /* the wish is taken: the first that is free */
}

static void a_full_space_says_so_until_something_is_released (Fixture *f, gconstpointer data)
{
    g_autoptr (GError) error = NULL;
    guint32 first = 7;

    allot (f, "a", "one", 30, 0);
    allot (f, "a", "two", 15, 0);
    g_assert_false (allotments_allot (f->allotments, "a", "three", 10, 59, 10, 0, &first, &error));
    g_assert_error (error, MG_ERROR, MG_ERROR_RANGE);
    g_assert_cmpuint (first, ==, 7);
    allotments_release (f->allotments, "a", "one");
    allotments_release (f->allotments, "a", "never there");
    g_assert_cmpuint (allot (f, "a", "three", 10, 0), ==, 10);
    stop (f);
    begin (f, NULL);
    g_assert_cmpuint (allot (f, "a", "four", 10, 0), ==, 20);
    g_assert_cmpuint (allot (f, "a", "two", 15, 0), ==, 40);
}

static void numbers_up_to_the_last_one_are_given (Fixture *f, gconstpointer data)
{
    g_autoptr (GError) error = NULL;
    guint32 first;

    g_assert_true (allotments_allot (f->allotments, "a", "x", G_MAXUINT32 - 9, G_MAXUINT32, 10, 0, &first, &error));
    g_assert_cmpuint (first, ==, G_MAXUINT32 - 9);
    g_assert_false (allotments_allot (f->allotments, "a", "y", G_MAXUINT32 - 9, G_MAXUINT32, 10, 0, &first, &error));
    g_clear_error (&error);
    g_assert_false (allotments_allot (f->allotments, "a", "", 1, 9, 1, 0, &first, &error));
    g_assert_error (error, MG_ERROR, MG_ERROR_RANGE);
}

static MgMeterNow *meter_now (const MgMeterNow *old, const MgMeter *meter, gint64 at_ms)
{
    static const MgMeaning meaning = MG_INIT (MgMeaning, .quantity = "energy");
    MgReadout *readout = mgh_readout_new (NULL, MG_READOUT_LIVE);
    guint32 index = 0;

    mgh_readout_set_times (readout, 0, at_ms);
    mg_readout_add (readout, "k", &meaning, mg_value_decimal (1, 0), 0);
    mgh_readout_finish (readout);
    MgMeterNow *now = mgh_meter_now_next (old, meter, readout, &index, FALSE);
    mg_readout_unref (readout);
    return now;
}

static void ages_hold_when_the_clock_is_set (void)
{
    MghPointInfo point_info = { .key = "k", .active = TRUE, .meaning = MG_INIT (MgMeaning, .quantity = "energy") };
    MghMeterInfo info = { .id = 4, .identity = MG_INIT (MgIdentity) };
    MgPoint *point = mgh_point_new (0, &point_info);
    MgMeter *meter = mgh_meter_new (&info, &point, 1);
    Image image;

    image_init (&image);
    g_assert_null (image_put (&image, meter_now (NULL, meter, 999000), (ImageTime){ 1000000, 50000000 }));
    const MgReading *reading = mg_meter_now_get_reading (image_find (&image, 4), 0);
    g_assert_cmpint (image_age_ms (&image, reading, (ImageTime){ 1000000, 50000000 }), ==, 1000);
    /* ten seconds later, and the clock was set back an hour */
    g_assert_cmpint (image_age_ms (&image, reading, (ImageTime){ 1000000 - 3590000, 60000000 }), ==, 11000);
    MgMeterNow *old =
        image_put (&image, meter_now (image_find (&image, 4), meter, 5000), (ImageTime){ 5000, 70000000 });
    g_assert_cmpint (image_age_ms (&image, mg_meter_now_get_reading (old, 0), (ImageTime){ 5000, 70000000 }), ==, -1);
    mg_meter_now_unref (old);
    reading = mg_meter_now_get_reading (image_find (&image, 4), 0);
    g_assert_cmpint (image_age_ms (&image, reading, (ImageTime){ 99999999, 70002000 }), ==, 2);
    g_assert_cmpuint (g_hash_table_size (image.born), ==, 1);
    mg_meter_now_unref (image_drop (&image, 4));
    g_assert_cmpuint (g_hash_table_size (image.born), ==, 0);
    g_assert_null (image_drop (&image, 4));
    image_clear (&image);
    mgh_point_unref (point);
    mgh_meter_unref (meter);
}

static void an_address_is_listened_at_or_refused_in_words (void)
{
    static const char *const bad[] = { "",
                                       "tcp:",
                                       "502",
                                       "tcp:localhost:502",
                                       "tcp:127.0.0.1",
                                       "tcp:127.0.0.1:65536",
                                       "tcp:::1:502",
                                       "tcp:[127.0.0.1]:502",
                                       "http:127.0.0.1:502",
                                       "tcp:[::1:502" };
    g_autoptr (GError) error = NULL;

    for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
        g_assert_null (bind_address (bad[i], &error));
        g_assert_error (error, MG_ERROR, MG_ERROR_CONFIG);
        g_clear_error (&error);
    }
    g_autoptr (GSocket) udp = bind_address ("udp:127.0.0.1:0", &error);
    g_assert_no_error (error);
    g_autoptr (GSocket) tcp = bind_address ("tcp:[::]:0", &error);
    g_assert_no_error (error);
    g_autoptr (GSocketAddress) local = g_socket_get_local_address (tcp, &error);
    g_autofree char *taken =
        g_strdup_printf ("tcp:0.0.0.0:%u", g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (local)));
    g_assert_null (bind_address (taken, &error));
    g_assert_error (error, MG_ERROR, MG_ERROR_IO);
}

int main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
#define ADD(name) g_test_add ("/serve/" #name, Fixture, NULL, begin, name, end)
    ADD (numbers_are_the_same_for_ever);
    ADD (a_full_space_says_so_until_something_is_released);
    ADD (numbers_up_to_the_last_one_are_given);
    g_test_add_func ("/serve/ages_hold_when_the_clock_is_set", ages_hold_when_the_clock_is_set);
    g_test_add_func ("/serve/an_address_is_listened_at_or_refused_in_words",
                     an_address_is_listened_at_or_refused_in_words);
    return g_test_run ();
}
