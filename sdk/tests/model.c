/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* model.c: tests of meters, points, live states, items, events and selectors. */
#include <metergate.h>

#include <host/mgh-host.h>
#include <host/mgh-model.h>
#include <host/mgh-readout.h>
#include <string.h>

static const char *const east[] = { "panel=east", "use=billing", "use=control", NULL };
static const char *const point_tags[] = { "limit", "use=display", NULL };

static MgPoint *point_of (guint index, const char *key, const char *quantity, guint32 medium, gboolean active)
{
    MghPointInfo info = { .key = key, .active = active, .tags = index == 1 ? point_tags : NULL };

    info.meaning = (MgMeaning) MG_INIT (MgMeaning, .quantity = quantity, .unit = MG_UNIT_WH, .medium = medium);
    return mgh_point_new (index, &info);
}

/* Three points: energy; power with tags of its own; an inactive volume of cold water. */
static MgMeter *meter_of (const char *label, const char *channel)
{
    MghMeterInfo info = { .id = 17,
                          .device = 3,
                          .uid = "00112233445566778899aabbccddeeff",
                          .label = label,
                          .channel = channel,
                          .address = "5",
                          .interface = "MBus",
                          .active = TRUE,
                          .tags = east };
    MgPoint *points[] = { point_of (0, "0.0.0.0:00", "energy", 0, TRUE),
                          point_of (1, "0.0.0.0:28", "power.active", 0, TRUE),
                          point_of (2, "0.0.0.0:10", "volume", MG_MEDIUM_COLD_WATER, FALSE) };
    MgMeter *m;

    info.identity = (MgIdentity) MG_INIT (MgIdentity, .serial = "06855817", .manufacturer = "KAM", .version = 8,
                                          .medium = MG_MEDIUM_HEAT);
    m = mgh_meter_new (&info, points, G_N_ELEMENTS (points));
    for (guint i = 0; i < G_N_ELEMENTS (points); i++)
        mgh_point_unref (points[i]);
    return m;
}

static MgReadout *readout_of (gint64 seq, guint n, gint64 first)
{
    MgReadout *r = mgh_readout_new (NULL, MG_READOUT_LIVE);

    for (guint i = 0; i < n; i++)
        mgh_readout_add_stored (r, mg_value_decimal (first + i, 0), 0, (MgValue){ 0 });
    mgh_readout_set_seq (r, seq);
    mgh_readout_finish (r);
    return r;
}

static gint64 number_of (const MgReading *reading)
{
    g_assert_nonnull (reading);
    return mg_reading_get_value (reading).v.number;
}

static void a_meter_tells_what_it_is (void)
{
    MgMeter *m = meter_of ("Main hall", "mbus1");

    g_assert_cmpuint (mg_meter_get_id (m), ==, 17);
    g_assert_cmpuint (mgh_meter_get_device (m), ==, 3);
    g_assert_cmpstr (mg_meter_get_uid (m), ==, "00112233445566778899aabbccddeeff");
    g_assert_cmpstr (mg_meter_get_label (m), ==, "Main hall");
    g_assert_cmpstr (mg_meter_get_channel (m), ==, "mbus1");
    g_assert_cmpstr (mg_meter_get_address (m), ==, "5");
    g_assert_cmpstr (mgh_meter_get_interface (m), ==, "MBus");
    g_assert_cmpstr (mg_meter_get_identity (m)->manufacturer, ==, "KAM");
    g_assert_null (mg_meter_get_identity (m)->model);
    g_assert_true (mgh_meter_is_active (m));
    g_assert_null (mg_meter_get_command (m, 0));
    g_assert_cmpstr (mg_meter_get_tags (m, "panel")[0], ==, "east");
    g_assert_cmpstr (mg_meter_get_tags (m, "use")[0], ==, "billing");
    g_assert_cmpstr (mg_meter_get_tags (m, "use")[1], ==, "control");
    g_assert_null (mg_meter_get_tags (m, "use")[2]);
    g_assert_null (mg_meter_get_tags (m, "nothing")[0]);
    g_assert_null (mg_meter_get_tags (m, "us")[0]);
    g_assert_cmpstr (mgh_meter_get_all_tags (m)[2], ==, "use=control");
    mgh_meter_unref (m);
}

static void points_are_found_by_index_and_key (void)
{
    MgMeter *m = meter_of (NULL, "mbus1");
    const MgPoint *p = mg_meter_find_point (m, "0.0.0.0:28");

    g_assert_cmpstr (mg_meter_get_label (m), ==, "");
    g_assert_cmpuint (mg_meter_get_n_points (m), ==, 3);
    g_assert_true (p == mg_meter_get_point (m, 1));
    g_assert_null (mg_meter_get_point (m, 3));
    g_assert_null (mg_meter_find_point (m, "0.0.0.0:29"));
    g_assert_cmpuint (mg_point_get_index (p), ==, 1);
    g_assert_cmpstr (mg_point_get_key (p), ==, "0.0.0.0:28");
    g_assert_cmpstr (mg_point_get_label (p), ==, "");
    g_assert_cmpstr (mg_point_get_unit (p), ==, "Wh");
    g_assert_cmpstr (mg_point_get_tags (p, "use")[0], ==, "display");
    g_assert_cmpstr (mg_point_get_tags (p, "limit")[0], ==, "");
    g_assert_null (mgh_point_get_description (p));
    mgh_meter_unref (m);
}

static void a_point_copies_what_it_is_told (void)
{
    char unit[] = "EUR", quantity[] = "credit", label[] = "money";
    guint8 raw[2] = { 1, 2 };
    MghPointInfo info = { .key = "k", .label = label, .description = "what is left" };
    MgPoint *p;

    info.meaning = (MgMeaning) MG_INIT (MgMeaning, .quantity = quantity, .unit = MG_UNIT_CURRENCY, .unit_text = unit,
                                        .raw = raw, .raw_len = 2, .raw_head_len = 1);
    p = mgh_point_new (4, &info);
    memset (unit, 'x', 3);
    memset (quantity, 'x', 3);
    memset (label, 'x', 3);
    g_assert_cmpstr (mg_point_get_unit (p), ==, "EUR");
    g_assert_cmpstr (mg_point_get_meaning (p)->quantity, ==, "credit");
    g_assert_cmpstr (mg_point_get_label (p), ==, "money");
    g_assert_cmpstr (mgh_point_get_description (p), ==, "what is left");
    g_assert_null (mg_point_get_meaning (p)->raw);
    g_assert_cmpuint (mg_point_get_meaning (p)->raw_len, ==, 0);
    mgh_point_unref (p);
}

static void points_that_mean_the_same_share_it (void)
{
    MgPoint *a = point_of (0, "a", "energy", 0, TRUE), *b = point_of (7, "b", "energy", 0, FALSE);
    MgPoint *c = point_of (0, "a", "energy", MG_MEDIUM_GAS, TRUE), *d = point_of (0, "a", "power", 0, TRUE);

    g_assert_true (mg_point_get_meaning (a) == mg_point_get_meaning (b));
    g_assert_true (mg_point_get_meaning (a) != mg_point_get_meaning (c));
    g_assert_true (mg_point_get_meaning (a) != mg_point_get_meaning (d));
    mgh_point_unref (a);
    g_assert_cmpstr (mg_point_get_meaning (b)->quantity, ==, "energy");
    mgh_point_unref (b);
    mgh_point_unref (c);
    mgh_point_unref (d);
}

static void alternating_telegrams_keep_all_values (void)
{
    MgMeter *m = meter_of ("a", "b");
    MgReadout *first = readout_of (1, 2, 100), *second = readout_of (2, 2, 200);
    const guint32 to_first[] = { 0, 1 }, to_second[] = { 2, G_MAXUINT32 };
    MgMeterNow *empty = mgh_meter_now_new (m), *now, *next;

    g_assert_null (mg_meter_now_get_reading (empty, 0));
    now = mgh_meter_now_next (empty, m, first, to_first, FALSE);
    next = mgh_meter_now_next (now, m, second, to_second, TRUE);
    mg_readout_unref (first);
    mg_readout_unref (second);
    mg_meter_now_unref (empty);
    g_assert_null (mg_meter_now_get_reading (now, 2));
    g_assert_false (mg_meter_now_is_silent (now));
    mg_meter_now_unref (now);
    g_assert_cmpint (number_of (mg_meter_now_get_reading (next, 0)), ==, 100);
    g_assert_cmpint (number_of (mg_meter_now_get_reading (next, 1)), ==, 101);
    g_assert_cmpint (number_of (mg_meter_now_get_reading (next, 2)), ==, 200);
    g_assert_cmpint (mg_readout_get_seq (mg_reading_get_readout (mg_meter_now_get_reading (next, 0))), ==, 1);
    g_assert_null (mg_meter_now_get_reading (next, 3));
    g_assert_true (mg_meter_now_is_silent (next));
    g_assert_true (mg_meter_now_get_meter (next) == m);
    now = mgh_meter_now_next (next, m, NULL, NULL, FALSE);
    mg_meter_now_unref (next);
    g_assert_cmpint (number_of (mg_meter_now_get_reading (now, 2)), ==, 200);
    mg_meter_now_unref (mg_meter_now_ref (now));
    mg_meter_now_unref (now);
    mgh_meter_unref (m);
}

static void a_live_state_keeps_text_raw_and_times_of_long_readouts (void)
{
    enum { N = 300 };
    static const guint8 raw[] = { 0x0d, 0x78, 0x03, 'a', 'b', 'c' };
    const MgMeaning meaning = MG_INIT (MgMeaning, .quantity = "other", .raw = raw, .raw_len = 6, .raw_head_len = 2);
    const MgValue then = mg_value_time (2026, 1, 2, 3, 4, 5, 0);
    MgReadout *r = mg_readout_new (NULL);
    MgPoint *points[N];
    guint32 indices[N];
    MghMeterInfo info = { .uid = "u", .active = TRUE };
    MgMeter *m;
    MgMeterNow *empty, *now;

    for (guint i = 0; i < N; i++) {
        char key[16];

        g_snprintf (key, sizeof key, "k%u", i);
        indices[i] = N - 1 - i;
        points[N - 1 - i] = point_of (N - 1 - i, key, "other", 0, TRUE);
        mg_readout_add (r, key, &meaning, i % 2 == 0 ? mg_value_bytes (raw + 3, 3) : mg_value_text (key, -1), i);
        mg_readout_stamp (r, i, then);
    }
    mg_readout_set_status (r, MG_STATUS_ALARM);
    mgh_readout_finish (r);
    m = mgh_meter_new (&info, points, N);
    empty = mgh_meter_now_new (m);
    now = mgh_meter_now_next (empty, m, r, indices, FALSE);
    mg_readout_unref (r);
    mg_meter_now_unref (empty);
    for (guint i = 0; i < N; i++) {
        const MgReading *reading = mg_meter_now_get_reading (now, N - 1 - i);
        MgValue v = mg_reading_get_value (reading);
        gsize len, head;

        g_assert_cmpmem (v.v.data, v.len, i % 2 == 0 ? "abc" : mg_point_get_key (points[N - 1 - i]),
                         i % 2 == 0 ? 3 : strlen (mg_point_get_key (points[N - 1 - i])));
        g_assert_cmpmem (mg_reading_get_raw (reading, &len, &head), 6, raw, 6);
        g_assert_cmpuint (len * 10 + head, ==, 62);
        g_assert_cmpuint (mg_reading_get_quality (reading), ==, i);
        g_assert_cmpint (mg_value_compare (mg_reading_get_device_time (reading), then), ==, 0);
        g_assert_cmpuint (mg_readout_get_status (mg_reading_get_readout (reading)), ==, MG_STATUS_ALARM);
        g_assert_null (mgh_reading_get_key (reading));
        mgh_point_unref (points[N - 1 - i]);
    }
    mg_meter_now_unref (now);
    mgh_meter_unref (m);
}

static void an_item_leaves_out_what_has_no_point (void)
{
    MgMeter *m = meter_of ("a", "b");
    MgReadout *r = readout_of (9, 3, 1);
    const guint32 indices[] = { 1, G_MAXUINT32, 0 };
    MgItem *item = mgh_item_new_readout (m, r, indices, 3);

    mg_readout_unref (r);
    mgh_meter_unref (m);
    g_assert_cmpint (mg_item_get_seq (item), ==, 9);
    g_assert_cmpuint (mg_item_get_n_readings (item), ==, 2);
    g_assert_cmpint (number_of (mg_item_get_reading (item, 1)), ==, 3);
    g_assert_cmpuint (mg_point_get_index (mg_item_get_point (item, 1)), ==, 0);
    g_assert_null (mg_item_get_reading (item, 2));
    g_assert_null (mg_item_get_point (item, 2));
    g_assert_nonnull (mg_item_get_readout (item));
    g_assert_null (mg_item_get_event (item));
    g_assert_cmpstr (mg_meter_get_label (mg_item_get_meter (item)), ==, "a");
    mg_item_free (item);
}

static void an_event_tells_its_parameters (void)
{
    const char *const params[] = { "limit", "16", "value", "17.5", NULL };
    MghEventInfo info = { .at_ms = 5,
                          .code = "threshold.above",
                          .subject = "meter:17",
                          .actor = "control:limits",
                          .text = "17.5 is above 16",
                          .severity = MG_SEVERITY_ALARM,
                          .params = params };
    MgItem *item = mgh_item_new_event (8, mgh_event_new (&info), NULL);
    const MgEvent *e = mg_item_get_event (item);

    g_assert_cmpint (mg_event_get_at_ms (e), ==, 5);
    g_assert_cmpstr (mg_event_get_code (e), ==, "threshold.above");
    g_assert_cmpuint (mg_event_get_severity (e), ==, MG_SEVERITY_ALARM);
    g_assert_cmpstr (mg_event_get_param (e, "value"), ==, "17.5");
    g_assert_cmpstr (mg_event_get_param (e, "subject"), ==, "meter:17");
    g_assert_cmpstr (mg_event_get_param (e, "actor"), ==, "control:limits");
    g_assert_null (mg_event_get_param (e, "other"));
    g_assert_cmpstr (mg_event_get_text (e), ==, "17.5 is above 16");
    g_assert_null (mg_item_get_meter (item));
    g_assert_cmpint (mg_item_get_seq (item), ==, 8);
    mg_item_free (item);
}

/* Which of the three points, as bits; 8: the meter when no point is asked for. */
static guint selected (const char *text, const MgMeter *m)
{
    g_autoptr (GError) error = NULL;
    MgSelector *s = mgh_selector_parse (text, &error);
    guint bits = 0;

    g_assert_no_error (error);
    for (guint i = 0; i < mg_meter_get_n_points (m); i++)
        bits |= (guint) mg_selector_matches (s, m, mg_meter_get_point (m, i)) << i;
    bits |= (guint) mg_selector_matches (s, m, NULL) << 3;
    mgh_selector_free (s);
    return bits;
}

static void selectors_pick_points (void)
{
    static const struct {
        const char *text;
        guint want;
    } rows[] = {
        { "", 8 | 3 },
        { "*", 8 | 3 },
        { "  *  ", 8 | 3 },
        { "active:all", 8 | 7 },
        { "active:no", 8 | 4 },
        { "quantity:energy", 8 | 1 },
        { "quantity:power.*", 8 | 2 },
        { "quantity:energy.*", 8 | 1 },
        { "quantity:energy quantity:power.*", 8 | 3 },
        { "quantity:vol*", 0 },
        { "quantity:vol* active:all", 8 | 4 },
        { "key:0.0.0.0:00", 8 | 1 },
        { "key:0.0.0.0:?8", 8 | 2 },
        { "key:*", 8 | 3 },
        { "tag:panel=east", 8 | 3 },
        { "tag:panel=west", 0 },
        { "tag:panel", 8 | 3 },
        { "tag:use=bill*", 8 | 3 },
        { "tag:use=display", 8 | 2 },
        { "tag:limit", 8 | 2 },
        { "tag:panel=east quantity:energy", 8 | 1 },
        { "tag:panel=west quantity:energy", 0 },
        { "meter:\"Main hall\"", 8 | 3 },
        { "\"meter:Main hall\"", 8 | 3 },
        { "meter:Main*", 8 | 3 },
        { "meter:Main", 0 },
        { "meter:00112233445566778899aabbccddeeff", 8 | 3 },
        { "channel:mbus1", 8 | 3 },
        { "channel:mbus2 channel:mbus1", 8 | 3 },
        { "channel:mbus2", 0 },
        { "medium:heat", 8 | 3 },
        { "medium:4", 8 | 3 },
        { "medium:cold-water active:all", 8 | 4 },
        { "medium:gas", 0 },
    };
    MgMeter *m = meter_of ("Main hall", "mbus1");

    for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
        g_test_message ("%s", rows[i].text);
        g_assert_cmpuint (selected (rows[i].text, m), ==, rows[i].want);
    }
    g_assert_true (mg_selector_matches (NULL, m, mg_meter_get_point (m, 0)));
    g_assert_false (mg_selector_matches (NULL, m, mg_meter_get_point (m, 2)));
    mgh_meter_unref (m);
}

static void selectors_with_faults_are_refused_in_words (void)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        { "energy", "energy" },       { "colour:red", "colour:red" },
        { "tag:", "tag:" },           { "tag:=east", "tag:=east" },
        { "meter:\"Main", "closed" }, { "medium:beer", "beer" },
        { "active:maybe", "maybe" },  { ":x", ":x" },
        { "ta:x=y", "ta:x" },         { "tagx:a", "tagx:a" },
        { "tag:a key:", "key:" },     { "\"\"", "expected" },
    };
    char *long_text = g_strnfill (5000, 'x');

    for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
        GError *error = NULL;

        g_assert_null (mgh_selector_parse (rows[i].text, &error));
        g_assert_error (error, MG_ERROR, MG_ERROR_CONFIG);
        g_assert_true (g_str_has_prefix (error->message, "selector: "));
        g_assert_nonnull (strstr (error->message, rows[i].want));
        g_clear_error (&error);
    }
    g_assert_null (mgh_selector_parse (long_text, NULL));
    g_free (long_text);
}

static MgItem *select_with (const char *text, const MgItem *item)
{
    MgSelector *s = mgh_selector_parse (text, NULL);
    MgItem *cut = mgh_item_select (item, s);

    mgh_selector_free (s);
    return cut;
}

static void items_are_cut_down_to_what_is_selected (void)
{
    MgMeter *m = meter_of ("a", "b");
    MgReadout *r = readout_of (9, 2, 1), *gap = readout_of (10, 0, 0);
    const guint32 indices[] = { 0, 1 };
    MgItem *item = mgh_item_new_readout (m, r, indices, 2), *nothing = mgh_item_new_readout (m, gap, NULL, 0);
    MgItem *cut = select_with ("quantity:power.*", item);

    g_assert_cmpuint (mg_item_get_n_readings (cut), ==, 1);
    g_assert_cmpint (number_of (mg_item_get_reading (cut, 0)), ==, 2);
    g_assert_cmpint (mg_item_get_seq (cut), ==, 9);
    mg_item_free (cut);
    g_assert_null (select_with ("quantity:volume", item));
    cut = mgh_item_select (item, NULL);
    g_assert_cmpuint (mg_item_get_n_readings (cut), ==, 2);
    mg_item_free (cut);
    cut = select_with ("meter:a", nothing);
    g_assert_nonnull (cut);
    mg_item_free (cut);
    g_assert_null (select_with ("meter:b", nothing));
    mg_item_free (item);
    mg_item_free (nothing);
    mg_readout_unref (r);
    mg_readout_unref (gap);
    mgh_meter_unref (m);
}

static void events_go_where_their_meter_goes (void)
{
    MgMeter *m = meter_of ("a", "b");
    MghEventInfo info = { .code = "meter.silent" };
    MgItem *of_meter = mgh_item_new_event (1, mgh_event_new (&info), m);
    MgItem *of_gateway = mgh_item_new_event (2, mgh_event_new (&info), NULL), *cut;

    cut = select_with ("meter:a", of_meter);
    g_assert_cmpstr (mg_event_get_code (mg_item_get_event (cut)), ==, "meter.silent");
    mg_item_free (cut);
    cut = select_with ("tag:use=display", of_meter); /* one of its points has it */
    g_assert_nonnull (cut);
    mg_item_free (cut);
    g_assert_null (select_with ("meter:b", of_meter));
    g_assert_null (select_with ("meter:a", of_gateway));
    cut = select_with ("active:all", of_gateway);
    g_assert_nonnull (cut);
    mg_item_free (cut);
    mg_item_free (of_meter);
    mg_item_free (of_gateway);
    mgh_meter_unref (m);
}

static void many_points_are_found_by_their_keys (void)
{
    enum { N = 5000 };
    MgPoint **points = g_new (MgPoint *, N);
    MghMeterInfo info = { .uid = "u", .active = TRUE };
    MgMeter *m;

    for (guint i = 0; i < N; i++) {
        char key[16];

        g_snprintf (key, sizeof key, "4x%04u", i);
        points[i] = point_of (i, key, "other", 0, TRUE);
    }
    m = mgh_meter_new (&info, points, N);
    for (guint i = 0; i < N; i++) {
        g_assert_true (mg_meter_find_point (m, mg_point_get_key (points[i])) == points[i]);
        mgh_point_unref (points[i]);
    }
    g_free (points);
    mgh_meter_unref (m);
}

int main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
#define ADD(name) g_test_add_func ("/model/" #name, name)
    ADD (a_meter_tells_what_it_is);
    ADD (points_are_found_by_index_and_key);
    ADD (a_point_copies_what_it_is_told);
    ADD (points_that_mean_the_same_share_it);
    ADD (alternating_telegrams_keep_all_values);
    ADD (a_live_state_keeps_text_raw_and_times_of_long_readouts);
    ADD (an_item_leaves_out_what_has_no_point);
    ADD (an_event_tells_its_parameters);
    ADD (selectors_pick_points);
    ADD (selectors_with_faults_are_refused_in_words);
    ADD (items_are_cut_down_to_what_is_selected);
    ADD (events_go_where_their_meter_goes);
    ADD (many_points_are_found_by_their_keys);
    return g_test_run ();
}
