/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* trial.c: a transport that does what a file tells it, and writes down what it was given; for the tests of this room.
 */
#include <metergate.h>

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static const MgSetting settings[] = {
    { .key = "script", .type = MG_SETTING_PATH, .flags = MG_SETTING_REQUIRED, .summary = "File that says what to do" },
    { .key = "log", .type = MG_SETTING_PATH, .flags = MG_SETTING_REQUIRED, .summary = "File for what was given" },
};

typedef struct {
    char *script, *log;
} Trial;

static gpointer trial_create (MgHost *host, const MgConfig *config, GError **error)
{
    Trial *trial = g_new0 (Trial, 1);

    trial->script = g_strdup (mg_config_get_string (config, "script"));
    trial->log = g_strdup (mg_config_get_string (config, "log"));
    return trial;
}

static void trial_destroy (gpointer self)
{
    Trial *trial = self;

    g_free (trial->script);
    g_free (trial->log);
    g_free (trial);
}

static gboolean trial_fail (MgDelivery *delivery, guint32 verdict, int code, const char *text, GError **error)
{
    if (verdict != 0)
        mg_delivery_set_verdict (delivery, verdict, 0);
    g_set_error_literal (error, MG_ERROR, code, text);
    return FALSE;
}

/* "ATTEMPT NAME IDENTITY SHA256\n", durable before the receiver says yes */
static void trial_note (Trial *trial, MgDelivery *delivery)
{
    g_autoptr (GBytes) bytes =
        g_input_stream_read_bytes (mg_delivery_get_stream (delivery), mg_delivery_get_size (delivery), NULL, NULL);
    g_autofree char *hash = g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, bytes);
    g_autofree char *line =
        g_strdup_printf ("%u %s %s %s\n", mg_delivery_get_attempt (delivery), mg_delivery_get_name (delivery),
                         mg_delivery_get_identity (delivery), hash);
    int fd = open (trial->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

    g_assert_cmpint (write (fd, line, strlen (line)), ==, strlen (line));
    g_assert_cmpint (fsync (fd), ==, 0);
    close (fd);
}

static gboolean trial_deliver (gpointer self, MgDelivery *delivery, MgCall *call, GError **error)
{
    Trial *trial = self;
    g_autofree char *what = NULL;

    g_assert_true (g_file_get_contents (trial->script, &what, NULL, NULL));
    if (g_str_equal (what, "hang")) {
        while (!g_cancellable_is_cancelled (mg_call_get_cancellable (call)))
            g_usleep (1000);
        return trial_fail (delivery, 0, MG_ERROR_TIMEOUT, "cancelled", error);
    }
    if (g_str_equal (what, "kill"))
        raise (SIGKILL);
    if (g_str_equal (what, "again"))
        return trial_fail (delivery, MG_VERDICT_AGAIN, MG_ERROR_IO, "530 Login incorrect", error);
    if (g_str_equal (what, "never"))
        return trial_fail (delivery, MG_VERDICT_NEVER, MG_ERROR_RANGE, "413 too large", error);
    if (g_str_equal (what, "refused"))
        return trial_fail (delivery, 0, MG_ERROR_REFUSED, "404 not found", error);
    trial_note (trial, delivery);
    if (g_str_equal (what, "kill-after"))
        raise (SIGKILL);
    return TRUE;
}

static const MgTransportOps ops = MG_INIT (MgTransportOps, .settings = MG_TABLE (settings), .create = trial_create,
                                           .destroy = trial_destroy, .deliver = trial_deliver);
static const MgFeature features[] = {
    { .kind = MG_KIND_TRANSPORT,
      .maturity = MG_MATURITY_EXPERIMENTAL,
      .name = "trial",
      .summary = "Does what a file tells it",
      .ops = &ops },
};
MG_MODULE_DEFINE (.name = "transport-trial", .version = "0.1.0", .vendor = "Metergate", .license = "LGPL-2.1-or-later",
                  .features = MG_TABLE (features));
