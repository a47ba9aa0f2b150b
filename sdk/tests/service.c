/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* service.c: what a service asks for reaches the host's table; where the host has nothing, it is told so and nothing
 * breaks. */
#include <metergate.h>

#include <host/mgh-readout.h>
#include <host/mgh-service.h>

typedef struct {
    GMainLoop *loop;
    GError *error;
    gboolean good;
    MgReadout *readout;
} Answer;

static void on_range (GObject *source, GAsyncResult *result, gpointer data)
{
    Answer *answer = data;

    answer->good = mg_service_range_finish (NULL, result, &answer->error);
    g_main_loop_quit (answer->loop);
}

static void on_command (GObject *source, GAsyncResult *result, gpointer data)
{
    Answer *answer = data;

    answer->readout = mg_service_command_finish (NULL, result, &answer->error);
    g_main_loop_quit (answer->loop);
}

static void assert_unsupported (GError **error)
{
    g_assert_error (*error, MG_ERROR, MG_ERROR_UNSUPPORTED);
    g_assert_true (g_str_has_prefix ((*error)->message, "this gateway does not offer "));
    g_clear_error (error);
}

static void without_a_host_everything_is_harmless (void)
{
    MghServiceOps nothing = MG_INIT (MghServiceOps, .set_fault = NULL);
    MgService *s = mgh_service_new (NULL, &nothing, NULL);
    const MgMeterNow *const *meters = NULL;
    g_autoptr (GError) error = NULL;
    MgItem *item = (MgItem *) &nothing;

    g_assert_null (mg_service_get_host (s));
    mg_service_set_fault (s, NULL);
    g_assert_cmpuint (mg_service_get_meters (s, &meters), ==, 0);
    g_assert_nonnull (meters);
    g_assert_null (mg_service_find (s, 1));
    g_assert_cmpint (mg_service_get_age_ms (s, NULL), ==, -1);
    mg_service_subscribe (s, NULL);
    g_assert_cmpuint (mg_service_after (s, 1, NULL, NULL), ==, 0);
    mg_service_cancel (s, 1);
    mg_service_done (s, "c", 1);
    g_assert_null (mg_service_bind (s, "tcp:[::]:502", &error));
    assert_unsupported (&error);
    g_assert_cmpint (mg_service_take_line (s, "rs485-1", &error), ==, -1);
    assert_unsupported (&error);
    g_assert_false (mg_service_next (s, "c", &item, &error));
    g_assert_null (item);
    assert_unsupported (&error);
    g_assert_cmpuint (mg_service_declare (s, NULL, NULL, NULL, &error), ==, 0);
    assert_unsupported (&error);
    mg_service_emit (s, mg_service_readout (s, 1, MG_READOUT_COMPUTED, 0));
    mgh_service_free (s);
}

static void without_a_host_requests_end_with_an_error (void)
{
    MghServiceOps nothing = MG_INIT (MghServiceOps, .set_fault = NULL);
    MgService *s = mgh_service_new (NULL, &nothing, NULL);
    Answer answer = { .loop = g_main_loop_new (NULL, FALSE) };
    MgRange range = MG_INIT (MgRange, .meter = 1);
    MgCommandRequest request = MG_INIT (MgCommandRequest, .meter = 1, .name = "read");

    mg_service_range_async (s, &range, NULL, NULL, on_range, &answer);
    g_assert_null (answer.error); /* never within the call */
    g_main_loop_run (answer.loop);
    g_assert_false (answer.good);
    assert_unsupported (&answer.error);
    mg_service_command_async (s, &request, NULL, on_command, &answer);
    g_main_loop_run (answer.loop);
    g_assert_null (answer.readout);
    assert_unsupported (&answer.error);
    mg_service_range_async (s, &range, NULL, NULL, NULL, NULL); /* nobody wants to know */
    g_main_loop_unref (answer.loop);
    mgh_service_free (s);
}

/* ---- a host that has something */

typedef struct {
    guint32 meter, step;
    gint64 seq;
} Seen;

static guint32 host_declare (gpointer owner, const MgFound *meter, const char *label, const char *origin,
                             GError **error)
{
    return 17;
}

static void host_done (gpointer owner, const char *cursor, gint64 seq)
{
    ((Seen *) owner)->seq = seq;
}

static void host_range (gpointer owner, const MgRange *range, MgItemFunc func, gpointer data, GTask *task)
{
    Seen *seen = owner;

    seen->meter = range->meter;
    seen->step = range->step;
    g_task_return_boolean (task, TRUE);
    g_object_unref (task);
}

static void host_command (gpointer owner, const MgCommandRequest *request, GTask *task)
{
    ((Seen *) owner)->meter = request->meter;
    g_task_return_pointer (task, mg_readout_new (NULL), (GDestroyNotify) mg_readout_unref);
    g_object_unref (task);
}

static void hosts_functions_are_called_with_its_own_data (void)
{
    MghServiceOps ops = MG_INIT (MghServiceOps, .declare = host_declare, .done = host_done, .range = host_range,
                                 .command = host_command);
    Seen seen = { 0 };
    MgService *s = mgh_service_new ((MgHost *) &seen, &ops, &seen);
    Answer answer = { .loop = g_main_loop_new (NULL, FALSE) };
    MgRange range = MG_INIT (MgRange, .meter = 5, .step = MG_EVERY_DAY);
    MgRange older = { .struct_size = G_STRUCT_OFFSET (MgRange, step), .meter = 6, .step = MG_EVERY_MONTH };
    MgCommandRequest request = MG_INIT (MgCommandRequest, .meter = 7, .name = "read");

    g_assert_true (mg_service_get_host (s) == (MgHost *) &seen);
    g_assert_cmpuint (mg_service_declare (s, NULL, NULL, NULL, NULL), ==, 17);
    mg_service_done (s, "c", 99);
    g_assert_cmpint (seen.seq, ==, 99);
    mg_service_range_async (s, &range, NULL, NULL, on_range, &answer);
    g_main_loop_run (answer.loop);
    g_assert_true (answer.good);
    g_assert_cmpuint (seen.meter, ==, 5);
    g_assert_cmpuint (seen.step, ==, MG_EVERY_DAY);
    mg_service_range_async (s, &older, NULL, NULL, on_range, &answer); /* of a plugin that did not know the step yet */
    g_main_loop_run (answer.loop);
    g_assert_cmpuint (seen.meter, ==, 6);
    g_assert_cmpuint (seen.step, ==, MG_EVERY_READOUT);
    mg_service_command_async (s, &request, NULL, on_command, &answer);
    g_main_loop_run (answer.loop);
    g_assert_no_error (answer.error);
    g_assert_nonnull (answer.readout);
    g_assert_cmpuint (seen.meter, ==, 7);
    mg_readout_unref (answer.readout);
    g_main_loop_unref (answer.loop);
    mgh_service_free (s);
}

int main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
    g_test_add_func ("/sdk/service/without_a_host_everything_is_harmless", without_a_host_everything_is_harmless);
    g_test_add_func ("/sdk/service/without_a_host_requests_end_with_an_error",
                     without_a_host_requests_end_with_an_error);
    g_test_add_func ("/sdk/service/hosts_functions_are_called_with_its_own_data",
                     hosts_functions_are_called_with_its_own_data);
    return g_test_run ();
}
