/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* driver.c: the gateway itself as a device: processor, memory, disk, uptime, queues, digital inputs. */
#include <metergate.h>

#include "driver.h"
#include "sources.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/gpio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* what the load of the first readout is measured over; later ones cover the time since the readout before */
#define SYSTEM_FIRST_LOOK_US 200000

typedef struct {
    MgHost *host;
    char *disk;     /* NULL: the state folder */
    GArray *inputs; /* SystemInput */
} SystemDriver;

typedef struct {
    gboolean looked;
    SystemTicks ticks;
} SystemDevice;

static void system_add (MgReadout *out, const char *key, const char *quantity, const char *name, guint32 kind,
                        guint32 unit, MgValue value)
{
    MgMeaning meaning = MG_INIT (MgMeaning, .quantity = quantity, .name = name, .kind = kind, .unit = unit,
                                 .unit_text = unit == MG_UNIT_OTHER ? "B" : NULL);

    mg_readout_add (out, key, &meaning, value, 0);
}

static char *system_slurp (const char *path)
{
    char *text = NULL;

    return g_file_get_contents (path, &text, NULL, NULL) ? text : NULL;
}

static void system_add_kib (MgReadout *out, const char *text, const char *line, const char *key, const char *name)
{
    MgValue value;

    if (text != NULL && system_parse_kib (text, line, &value))
        system_add (out, key, "system.memory", name, MG_POINT_GAUGE, MG_UNIT_OTHER, value);
}

static gboolean system_read_load (SystemDevice *device, MgCall *call, MgReadout *out, GError **error)
{
    g_autofree char *stat = system_slurp ("/proc/stat");
    SystemTicks now;
    MgValue value;

    if (stat == NULL || !system_parse_ticks (stat, &now))
        return TRUE;
    if (!device->looked) {
        device->looked = TRUE;
        device->ticks = now;
        if (!mg_call_sleep (call, SYSTEM_FIRST_LOOK_US, error))
            return FALSE;
        g_free (stat);
        stat = system_slurp ("/proc/stat");
        if (stat == NULL || !system_parse_ticks (stat, &now))
            return TRUE;
    }
    if (system_load (device->ticks, now, &value)) {
        system_add (out, "cpu.load", "system.cpu-load", "Processor load", MG_POINT_GAUGE, MG_UNIT_PERCENT, value);
        device->ticks = now;
    }
    return TRUE;
}

static void system_read_kernel (MgReadout *out)
{
    g_autofree char *meminfo = system_slurp ("/proc/meminfo");
    g_autofree char *status = system_slurp ("/proc/self/status");
    g_autofree char *uptime = system_slurp ("/proc/uptime");
    g_autofree char *loadavg = system_slurp ("/proc/loadavg");
    g_autofree char *zone = system_slurp ("/sys/class/thermal/thermal_zone0/temp");
    MgValue value;

    if (loadavg != NULL && system_parse_first (loadavg, &value))
        system_add (out, "cpu.queue", "system.queue", "Processes that run or wait, 1 min", MG_POINT_GAUGE, MG_UNIT_NONE,
                    value);
    if (zone != NULL && system_parse_integer (zone, -3, &value))
        system_add (out, "cpu.temperature", "temperature", "Processor temperature", MG_POINT_GAUGE, MG_UNIT_CELSIUS,
                    value);
    system_add_kib (out, meminfo, "MemAvailable", "memory.available", "Memory available");
    system_add_kib (out, meminfo, "MemTotal", "memory.total", "Memory");
    system_add_kib (out, status, "VmRSS", "process.memory", "Memory of the gateway");
    if (uptime != NULL && system_parse_first (uptime, &value))
        system_add (out, "uptime", "time.on", "Time since the start of the system", MG_POINT_COUNTER, MG_UNIT_S, value);
}

static void system_read_disk (const SystemDriver *driver, MgReadout *out)
{
    const char *folder = driver->disk != NULL ? driver->disk : mg_host_get_fact (driver->host, "state-folder");
    struct statvfs disk;
    guint64 free_bytes, all_bytes;

    if (statvfs (folder != NULL ? folder : "/", &disk) != 0 ||
        __builtin_mul_overflow ((guint64) disk.f_bavail, (guint64) disk.f_frsize, &free_bytes) ||
        __builtin_mul_overflow ((guint64) disk.f_blocks, (guint64) disk.f_frsize, &all_bytes) || all_bytes > G_MAXINT64)
        return;
    system_add (out, "disk.free", "system.disk", "Disk space free", MG_POINT_GAUGE, MG_UNIT_OTHER,
                mg_value_decimal ((gint64) MIN (free_bytes, all_bytes), 0));
    system_add (out, "disk.total", "system.disk", "Disk space", MG_POINT_GAUGE, MG_UNIT_OTHER,
                mg_value_decimal ((gint64) all_bytes, 0));
}

static void system_read_queues (const SystemDriver *driver, MgReadout *out)
{
    static const struct {
        const char *fact, *key, *name;
    } queues[] = {
        { "store-queue", "queue.store", "Readouts that wait to be kept" },
        { "report-queue", "queue.report", "Reports that wait to be delivered" },
    };

    for (guint i = 0; i < G_N_ELEMENTS (queues); i++) {
        const char *fact = mg_host_get_fact (driver->host, queues[i].fact);
        MgValue value;

        if (fact != NULL && mg_value_parse (fact, -1, &value, NULL))
            system_add (out, queues[i].key, "system.queue", queues[i].name, MG_POINT_GAUGE, MG_UNIT_COUNT, value);
    }
}

/* The kernel's v2 interface: the same on Debian 12 and 13. The line is asked for and given back, others may use it
 * between. */
static gboolean system_read_gpio (const SystemInput *input, guint64 *level)
{
    struct gpio_v2_line_request request = { .num_lines = 1, .consumer = "metergate" };
    struct gpio_v2_line_values values = { .mask = 1 };
    int chip = open (input->path, O_RDWR | O_CLOEXEC);
    gboolean ok;

    if (chip < 0)
        return FALSE;
    request.offsets[0] = (guint32) input->line;
    request.config.flags = GPIO_V2_LINE_FLAG_INPUT;
    ok = ioctl (chip, GPIO_V2_GET_LINE_IOCTL, &request) == 0;
    close (chip);
    if (!ok)
        return FALSE;
    ok = ioctl (request.fd, GPIO_V2_LINE_GET_VALUES_IOCTL, &values) == 0;
    close (request.fd);
    *level = values.bits & 1;
    return ok;
}

static gboolean system_read_input (const SystemInput *input, guint64 *level)
{
    g_autofree char *text = NULL;
    MgValue value;

    if (input->line >= 0)
        return system_read_gpio (input, level);
    text = system_slurp (input->path);
    if (text == NULL || !system_parse_integer (text, 0, &value) || value.v.number < 0 || value.v.number > 1)
        return FALSE;
    *level = (guint64) value.v.number;
    return TRUE;
}

/* An input that cannot be read keeps its point and says that it has no data. */
static void system_read_inputs (const SystemDriver *driver, MgReadout *out)
{
    static const MgChoice states[] = { { "off", 0, NULL }, { "on", 1, NULL }, { NULL, 0, NULL } };

    for (guint i = 0; i < driver->inputs->len; i++) {
        const SystemInput *input = &g_array_index (driver->inputs, SystemInput, i);
        g_autofree char *key = g_strdup_printf ("input.%s", input->name);
        MgMeaning meaning =
            MG_INIT (MgMeaning, .quantity = "input.digital", .name = input->name, .kind = MG_POINT_STATE,
                     .unit = MG_UNIT_NONE, .medium = MG_MEDIUM_IO, .states = states);
        guint64 level = 0;
        gboolean ok = system_read_input (input, &level);
        MgValue value =
            ok ? mg_value_decimal ((gint64) (input->inverted ? !level : level), 0) : (MgValue){ MG_VALUE_NONE };

        mg_readout_add (out, key, &meaning, value, ok ? 0 : MG_QUALITY_NO_DATA);
        if (!ok)
            mg_host_count (driver->host, "input-errors", 1);
    }
}

void system_destroy (gpointer self)
{
    SystemDriver *driver = self;

    for (guint i = 0; i < driver->inputs->len; i++)
        system_input_clear (&g_array_index (driver->inputs, SystemInput, i));
    g_array_unref (driver->inputs);
    g_free (driver->disk);
    g_free (driver);
}

gpointer system_create (MgHost *host, const MgConfig *channel, GError **error)
{
    SystemDriver *driver = g_new0 (SystemDriver, 1);
    gsize n = 0;
    const char *const *inputs = mg_config_get_list (channel, "inputs", &n);

    driver->host = host;
    driver->disk = g_strdup (mg_config_get_string (channel, "disk"));
    driver->inputs = g_array_new (FALSE, FALSE, sizeof (SystemInput));
    for (gsize i = 0; i < n; i++) {
        SystemInput input;

        if (!system_input_parse (inputs[i], &input, error)) {
            system_destroy (driver);
            return NULL;
        }
        g_array_append_val (driver->inputs, input);
    }
    return driver;
}

gboolean system_device_new (gpointer self, MgDevice *device, gpointer *data, GError **error)
{
    *data = g_new0 (SystemDevice, 1);
    return TRUE;
}

void system_device_free (gpointer self, gpointer data)
{
    g_free (data);
}

gboolean system_read (gpointer self, MgDevice *device, MgCall *call, MgReadout *out, GError **error)
{
    SystemDriver *driver = self;
    MgIdentity identity =
        MG_INIT (MgIdentity, .serial = mg_host_get_fact (driver->host, "uuid"), .manufacturer = "Metergate",
                 .firmware = mg_host_get_fact (driver->host, "version"), .medium = MG_MEDIUM_GATEWAY);

    if (!system_read_load (mg_device_get_data (device), call, out, error))
        return FALSE;
    system_read_kernel (out);
    system_read_disk (driver, out);
    system_read_queues (driver, out);
    system_read_inputs (driver, out);
    mg_readout_set_identity (out, &identity);
    return TRUE;
}
