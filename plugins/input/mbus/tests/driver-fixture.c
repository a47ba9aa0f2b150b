/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* driver-fixture.c: puts the driver on a simulated segment and lets it read. */
#include "driver-fixture.h"

#include <string.h>

extern const MgModule mg_module;

const MgDriverOps *driver (void)
{
    return ((const MgFeature *) mg_module.features.items)->ops;
}

void fixture_init (Fixture *f)
{
    memset (f, 0, sizeof *f);
    sim_bus_options_init (&f->options);
    f->timeout_us = 60 * G_USEC_PER_SEC;
}

static void fixture_answered (const SimAnswer *answer, gpointer data)
{
    Fixture *f = data;

    if (answer->repeated)
        f->repeated++;
    else
        f->fresh++;
    f->value = answer->value;
}

void fixture_bus (Fixture *f)
{
    if (f->bus != NULL)
        return;
    f->bus = sim_bus_new (&f->options);
    sim_bus_on_answer (f->bus, fixture_answered, f);
}

void fixture_meter (Fixture *f, const char *text)
{
    g_autoptr (GError) error = NULL;
    SimMeterOptions meter;

    fixture_bus (f);
    sim_meter_options_init (&meter);
    sim_meter_options_parse (&meter, text, &error);
    g_assert_no_error (error);
    sim_bus_add_meter (f->bus, &meter);
    sim_meter_options_clear (&meter);
}

void fixture_start (Fixture *f, const char *settings)
{
    g_autoptr (GError) error = NULL;
    g_auto (GStrv) words = g_strsplit (settings, " ", -1);
    MghConfigText texts[8];
    guint n = 0;

    for (guint i = 0; words[i] != NULL && *words[i] != '\0'; i++) {
        char *value = strchr (words[i], '=');
        *value = '\0';
        texts[n++] = (MghConfigText){ words[i], value + 1 };
    }
    g_autoptr (MgConfig) config = mgh_config_new (&driver ()->channel_settings, 1, texts, n, &error);
    g_assert_no_error (error);
    f->clock = mgh_clock_virtual_new (G_GINT64_CONSTANT (1767225600000));
    f->line = sim_mbus_line_new (f->bus, f->options.baud, f->echo, f->clock);
    f->host = mgh_host_new ("mbus1", f->clock, f->host_ops, f->host_owner);
    f->self = driver ()->create (f->host, config, &error);
    g_assert_no_error (error);
    g_assert_true (mgh_line_open (f->line, G_MAXINT64, NULL, &error));
}

MgDevice *fixture_device (Fixture *f, const char *address)
{
    g_autoptr (GError) error = NULL;
    const MghConfigText texts[] = { { "address", address } };
    g_autoptr (MgConfig) config = mgh_config_new (&driver ()->device_settings, 1, texts, 1, &error);
    MgDevice *device;
    gpointer data = NULL;

    g_assert_no_error (error);
    device = mgh_device_new (0, address, config);
    g_assert_true (driver ()->device_new (f->self, device, &data, &error));
    mgh_device_set_data (device, data);
    return device;
}

gboolean fixture_read_device (Fixture *f, MgDevice *device)
{
    MghCallInfo info = { .struct_size = sizeof info,
                         .line = f->line,
                         .clock = f->clock,
                         .deadline_us = mgh_clock_mono_us (f->clock) + f->timeout_us,
                         .attempt = 1,
                         .actor = "schedule",
                         .devices = &device,
                         .n_devices = 1 };
    MgCall *call = mgh_call_new (&info);
    gint64 started_us = mgh_clock_mono_us (f->clock);
    gboolean ok;

    g_clear_pointer (&f->readout, mg_readout_unref);
    g_clear_error (&f->error);
    f->readout = mg_readout_new (device);
    mgh_line_begin (f->line, call, "mbus1", "read", mg_device_get_address (device));
    ok = driver ()->read (f->self, device, call, f->readout, &f->error);
    g_assert_cmpint (ok, ==, f->error == NULL);
    mgh_line_end (f->line, ok ? "ok" : "error", NULL);
    mgh_call_free (call);
    mgh_readout_finish (f->readout);
    f->took_us = mgh_clock_mono_us (f->clock) - started_us;
    return ok;
}

gboolean fixture_read (Fixture *f, const char *address)
{
    MgDevice *device = fixture_device (f, address);
    gboolean ok = fixture_read_device (f, device);

    driver ()->device_free (f->self, mg_device_get_data (device));
    mgh_device_unref (device);
    return ok;
}

void fixture_clear (Fixture *f)
{
    g_clear_pointer (&f->readout, mg_readout_unref);
    g_clear_error (&f->error);
    driver ()->destroy (f->self);
    mgh_line_unref (f->line);
    mgh_host_free (f->host);
    mgh_clock_unref (f->clock);
    sim_bus_free (f->bus);
}

void assert_value (Fixture *f, const char *key, const char *expected)
{
    for (guint i = 0; i < mgh_readout_get_n (f->readout); i++) {
        const MgReading *reading = mgh_readout_get_reading (f->readout, i);
        char text[64];

        if (!g_str_equal (mgh_reading_get_key (reading), key))
            continue;
        mg_value_print (mg_reading_get_value (reading), '.', text, sizeof text);
        g_assert_cmpstr (text, ==, expected);
        return;
    }
    g_test_message ("no reading with key %s", key);
    g_test_fail ();
}

gint64 number_of (Fixture *f, const char *key)
{
    for (guint i = 0; i < mgh_readout_get_n (f->readout); i++) {
        const MgReading *reading = mgh_readout_get_reading (f->readout, i);

        if (g_str_equal (mgh_reading_get_key (reading), key))
            return mg_reading_get_value (reading).v.number;
    }
    return G_MININT64;
}

guint count_values (Fixture *f)
{
    guint n = 0;

    for (guint i = 0; i < mgh_readout_get_n (f->readout); i++)
        n += !g_str_has_prefix (mgh_reading_get_key (mgh_readout_get_reading (f->readout, i)), "0.0.0.0:0F");
    return n;
}
