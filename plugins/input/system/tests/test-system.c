/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* test-system.c: what the kernel's texts say, and a readout of the machine that runs the test. */
#include <metergate.h>

#include <fcntl.h>
#include <glib/gstdio.h>
#include <host/mgh-config.h>
#include <host/mgh-host.h>
#include <host/mgh-readout.h>
#include <linux/gpio.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

#include "../sources.h"

extern const MgModule mg_module;

static const MgDriverOps *driver (void)
{
    return ((const MgFeature *) mg_module.features.items)->ops;
}

/* ------------------------------------------ a GPIO chip with 8 lines, of which the odd ones are high (linked with
 * --wrap) */

int __real_open64 (const char *path, int flags, mode_t mode);
int __wrap_open64 (const char *path, int flags, mode_t mode);
int __wrap_open (const char *path, int flags, mode_t mode);
int __wrap_ioctl (int fd, unsigned long request, void *argument);

static gint gpio_offset = -1, gpio_open;

int __wrap_open64 (const char *path, int flags, mode_t mode)
{
    return __real_open64 (g_str_equal (path, "/dev/gpiochip0") ? "/dev/null" : path, flags, mode);
}

int __wrap_open (const char *path, int flags, mode_t mode)
{
    return __wrap_open64 (path, flags, mode);
}

int __wrap_ioctl (int fd, unsigned long request, void *argument)
{
    if (request == GPIO_V2_GET_LINE_IOCTL) {
        struct gpio_v2_line_request *line = argument;

        if (line->num_lines != 1 || line->offsets[0] >= 8 || (line->config.flags & GPIO_V2_LINE_FLAG_INPUT) == 0)
            return -1;
        gpio_offset = (gint) line->offsets[0];
        line->fd = __real_open64 ("/dev/null", O_RDONLY | O_CLOEXEC, 0);
        gpio_open++;
        return 0;
    }
    if (request == GPIO_V2_LINE_GET_VALUES_IOCTL && gpio_offset >= 0) {
        struct gpio_v2_line_values *values = argument;

        values->bits = values->mask & (guint64) (gpio_offset % 2);
        return 0;
    }
    return -1;
}

/* -------------------------------------------------------------------------------------------------------------------
 */

static void assert_prints (MgValue value, const char *expected)
{
    char text[64];

    mg_value_print (value, '.', text, sizeof text);
    g_assert_cmpstr (text, ==, expected);
}

static void load_is_the_busy_share_between_two_looks (void)
{
    SystemTicks before, after;
    MgValue value;

    g_assert_true (system_parse_ticks ("cpu  100 0 50 800 50 0 0 0 0 0\ncpu0 1 2 3 4\n", &before));
    g_assert_cmpuint (before.busy, ==, 150);
    g_assert_cmpuint (before.total, ==, 1000);
    g_assert_true (system_parse_ticks ("cpu  150 0 75 1600 175 0 0 0 0 0\n", &after));
    g_assert_true (system_load (before, after, &value));
    assert_prints (value, "7.5");
    g_assert_false (system_load (after, after, &value));
    g_assert_false (system_load (after, before, &value));
    g_assert_false (system_parse_ticks ("cpu0 1 2 3 4\n", &before));
    g_assert_false (system_parse_ticks ("cpu  1 2 x 4\n", &before));
    g_assert_false (system_parse_ticks ("cpu  1 2\n", &before));
}

static void memory_lines_become_bytes (void)
{
    static const char text[] = "MemTotal:       16330016 kB\nMemAvailable:    9000001 kB\nHugePages_Total:       0\n";
    MgValue value;

    g_assert_true (system_parse_kib (text, "MemAvailable", &value));
    assert_prints (value, "9216001024");
    g_assert_false (system_parse_kib (text, "MemFree", &value));
    g_assert_false (system_parse_kib (text, "HugePages_Total", &value));
    g_assert_false (system_parse_kib ("MemTotal: 99999999999999999999 kB\n", "MemTotal", &value));
}

static void numbers_stay_as_the_kernel_wrote_them (void)
{
    MgValue value;

    g_assert_true (system_parse_first ("350735.47 234388.90\n", &value));
    assert_prints (value, "350735.47");
    g_assert_true (system_parse_first ("0.20 0.18 0.12 1/80 11206\n", &value));
    assert_prints (value, "0.20");
    g_assert_false (system_parse_first ("\n", &value));
    g_assert_true (system_parse_integer ("48312\n", -3, &value));
    assert_prints (value, "48.312");
    g_assert_false (system_parse_integer ("on\n", 0, &value));
}

static void inputs_are_named_places (void)
{
    static const char *const bad[] = {
        "door",        "=gpiochip0:1",         "Door=gpiochip0:1", "door=gpiochip0", "door=gpiochip0:9999",
        "door=chip:1", "door=gpiochip0/../x:1"
    };
    SystemInput input;

    g_assert_true (system_input_parse ("door=!gpiochip0:17", &input, NULL));
    g_assert_cmpstr (input.name, ==, "door");
    g_assert_cmpstr (input.path, ==, "/dev/gpiochip0");
    g_assert_cmpint (input.line, ==, 17);
    g_assert_true (input.inverted);
    system_input_clear (&input);
    g_assert_true (system_input_parse ("door=/tmp/x", &input, NULL));
    g_assert_cmpint (input.line, ==, -1);
    system_input_clear (&input);
    for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
        g_autoptr (GError) error = NULL;

        g_assert_false (system_input_parse (bad[i], &input, &error));
        g_assert_error (error, MG_ERROR, MG_ERROR_CONFIG);
        g_assert_nonnull (strstr (error->message, bad[i]));
    }
}

static const char *fact (gpointer owner, const char *name)
{
    return g_str_equal (name, "store-queue") ? "17" : g_str_equal (name, "state-folder") ? "/tmp" : NULL;
}

/* one readout with these inputs; the caller drops it */
static MgReadout *read_system (const char *inputs)
{
    static const MghHostOps ops = { .struct_size = sizeof ops, .get_fact = fact };
    g_autoptr (GError) error = NULL;
    const MghConfigText texts[] = { { "inputs", inputs } };
    g_autoptr (MgConfig) config = mgh_config_new (&driver ()->channel_settings, 1, texts, 1, &error);
    MghClock *clock = mgh_clock_virtual_new (0);
    MgHost *host = mgh_host_new ("box", clock, &ops, NULL);
    MgDevice *device = mgh_device_new (0, "system", NULL);
    MghCallInfo info = { .struct_size = sizeof info, .clock = clock, .deadline_us = 10 * G_USEC_PER_SEC, .attempt = 1 };
    MgCall *call = mgh_call_new (&info);
    MgReadout *out = mg_readout_new (device);
    gpointer self, data = NULL;

    g_assert_no_error (error);
    self = driver ()->create (host, config, &error);
    g_assert_no_error (error);
    g_assert_true (driver ()->device_new (self, device, &data, &error));
    mgh_device_set_data (device, data);
    g_assert_true (driver ()->read (self, device, call, out, &error));
    mgh_readout_finish (out);
    driver ()->device_free (self, data);
    driver ()->destroy (self);
    mgh_call_free (call);
    mgh_device_unref (device);
    mgh_host_free (host);
    mgh_clock_unref (clock);
    return out;
}

static const MgReading *find (MgReadout *out, const char *key)
{
    for (guint i = 0; i < mgh_readout_get_n (out); i++) {
        const MgReading *reading = mgh_readout_get_reading (out, i);

        if (g_str_equal (mgh_reading_get_key (reading), key))
            return reading;
    }
    return NULL;
}

static void this_machine_is_read (void)
{
    static const char *const keys[] = { "memory.available", "memory.total", "process.memory",
                                        "uptime",           "disk.free",    "disk.total" };
    g_autoptr (MgReadout) out = read_system ("");

    for (guint i = 0; i < G_N_ELEMENTS (keys); i++) {
        const MgReading *reading = find (out, keys[i]);

        g_assert_nonnull (reading);
        g_assert_cmpint (mg_value_compare (mg_reading_get_value (reading), mg_value_decimal (0, 0)), >, 0);
    }
    assert_prints (mg_reading_get_value (find (out, "queue.store")), "17");
    g_assert_null (find (out, "queue.report"));
}

static void inputs_are_read_and_a_dead_one_keeps_its_point (void)
{
    g_autofree char *path = NULL;
    g_autofree char *inputs = NULL;
    gint fd = g_file_open_tmp ("metergate-input-XXXXXX", &path, NULL);

    g_assert_cmpint (fd, >=, 0);
    g_close (fd, NULL);
    g_assert_true (g_file_set_contents (path, "1\n", -1, NULL));
    inputs = g_strdup_printf ("door=%s;turned=!%s;gone=/does/not/exist", path, path);
    g_autoptr (MgReadout) out = read_system (inputs);
    assert_prints (mg_reading_get_value (find (out, "input.door")), "1");
    assert_prints (mg_reading_get_value (find (out, "input.turned")), "0");
    g_assert_cmpuint (mg_reading_get_quality (find (out, "input.gone")), ==, MG_QUALITY_NO_DATA);
    g_unlink (path);
}

static void gpio_lines_are_read_by_the_kernels_interface (void)
{
    g_autoptr (MgReadout) out =
        read_system ("high=gpiochip0:3;low=gpiochip0:4;turned=!gpiochip0:4;missing=gpiochip0:8");

    assert_prints (mg_reading_get_value (find (out, "input.high")), "1");
    assert_prints (mg_reading_get_value (find (out, "input.low")), "0");
    assert_prints (mg_reading_get_value (find (out, "input.turned")), "1");
    g_assert_cmpuint (mg_reading_get_quality (find (out, "input.missing")), ==, MG_QUALITY_NO_DATA);
    g_assert_cmpint (gpio_open, ==, 3);
}

static void the_module_is_in_order (void)
{
    g_autoptr (GError) error = NULL;

    g_assert_true (mg_module_check (&mg_module, &error));
    g_assert_no_error (error);
}

int main (int argc, char **argv)
{
    g_test_init (&argc, &argv, NULL);
#define ADD(name) g_test_add_func ("/system/" #name, name)
    ADD (the_module_is_in_order);
    ADD (load_is_the_busy_share_between_two_looks);
    ADD (memory_lines_become_bytes);
    ADD (numbers_stay_as_the_kernel_wrote_them);
    ADD (inputs_are_named_places);
    ADD (this_machine_is_read);
    ADD (inputs_are_read_and_a_dead_one_keeps_its_point);
    ADD (gpio_lines_are_read_by_the_kernels_interface);
    return g_test_run ();
}
