/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* line-config.c: the settings of a [line NAME] group, and the line that they describe. */
#include "port.h"
#include "port-socket.h"

enum { KIND_SERIAL, KIND_TCP, KIND_UDP, KIND_RECORDING };

static const MgChoice kinds[] = { { "serial", KIND_SERIAL, "A serial port of this computer" },
                                  { "tcp", KIND_TCP, "A converter that is reached over TCP" },
                                  { "udp", KIND_UDP, "Datagrams" },
                                  { "recording", KIND_RECORDING, "A recorded line, played again" },
                                  { NULL } };
static const MgChoice modes[] = { { "8N1", 0 },  { "8E1", 1 },  { "8O1", 2 }, { "8N2", 3 }, { "8E2", 4 },
                                  { "8O2", 5 },  { "7N1", 6 },  { "7E1", 7 }, { "7O1", 8 }, { "7N2", 9 },
                                  { "7E2", 10 }, { "7O2", 11 }, { NULL } };
static const MgChoice flows[] = {
    { "none", PORT_FLOW_NONE }, { "rtscts", PORT_FLOW_RTSCTS }, { "xonxoff", PORT_FLOW_XONXOFF }, { NULL }
};
static const MgChoice rs485s[] = { { "none", PORT_RS485_NONE, "The adapter does it, or it is no RS-485" },
                                   { "kernel", PORT_RS485_KERNEL, "The driver of the port" },
                                   { "rts", PORT_RS485_RTS, "The gateway, by RTS" },
                                   { NULL } };
static const MgChoice levels[] = { { "high", 0 }, { "low", 1 }, { NULL } };
static const MgChoice replays[] = { { "strict", MGH_REPLAY_STRICT, "Every byte as recorded" },
                                    { "lenient", MGH_REPLAY_LENIENT, "Answers by what is asked" },
                                    { NULL } };
static const MgChoice speeds[] = { { "1", 0, "As slow as it was" },
                                   { "fast", 1, "By a clock of its own that does not wait" },
                                   { NULL } };

static const MgSetting settings[] = {
    { .key = "kind",
      .type = MG_SETTING_ENUM,
      .flags = MG_SETTING_REQUIRED,
      .choices = kinds,
      .summary = "What the line is" },
    { .key = "device", .type = MG_SETTING_PATH, .summary = "Serial: the device file, best one of /dev/serial/by-id" },
    { .key = "baud",
      .type = MG_SETTING_INT,
      .def = "2400",
      .min = "300",
      .max = "460800",
      .unit = "baud",
      .summary = "Serial: speed" },
    { .key = "mode",
      .type = MG_SETTING_ENUM,
      .def = "8E1",
      .choices = modes,
      .summary = "Serial: data bits, parity, stop bits" },
    { .key = "flow",
      .type = MG_SETTING_ENUM,
      .def = "none",
      .choices = flows,
      .flags = MG_SETTING_ADVANCED,
      .summary = "Serial: flow control" },
    { .key = "rs485",
      .type = MG_SETTING_ENUM,
      .def = "none",
      .choices = rs485s,
      .summary = "Serial: who switches the direction of RS-485" },
    { .key = "rs485-send",
      .type = MG_SETTING_ENUM,
      .def = "high",
      .choices = levels,
      .flags = MG_SETTING_ADVANCED,
      .summary = "Serial: level of RTS while sending" },
    { .key = "rs485-before",
      .type = MG_SETTING_DURATION,
      .def = "0",
      .max = "1s",
      .flags = MG_SETTING_ADVANCED,
      .summary = "Serial: from RTS to the first bit" },
    { .key = "rs485-after",
      .type = MG_SETTING_DURATION,
      .def = "0",
      .max = "1s",
      .flags = MG_SETTING_ADVANCED,
      .summary = "Serial: from the last bit to RTS" },
    { .key = "host", .type = MG_SETTING_HOSTPORT, .summary = "TCP, UDP: where to" },
    { .key = "bind",
      .type = MG_SETTING_HOSTPORT,
      .flags = MG_SETTING_ADVANCED,
      .summary = "UDP: the address of ours to receive on, for peers that are not asked" },
    { .key = "first-timeout",
      .type = MG_SETTING_DURATION,
      .def = "0",
      .max = "60s",
      .summary = "From the request to the first byte of the answer",
      .help = "0 is auto: what EN 13757-2 gives a meter at this speed, longer where answers were seen to come late." },
    { .key = "idle-timeout",
      .type = MG_SETTING_DURATION,
      .def = "0",
      .max = "60s",
      .summary = "Silence that ends an answer; 0 is auto" },
    { .key = "full-timeout",
      .type = MG_SETTING_DURATION,
      .def = "0",
      .max = "10min",
      .summary = "From the first to the last byte of an answer; 0: no limit but the call's" },
    { .key = "pause", .type = MG_SETTING_DURATION, .def = "0", .max = "60s", .summary = "Silence between two turns" },
    { .key = "echo", .type = MG_SETTING_BOOL, .def = "no", .summary = "What is sent comes back and is compared" },
    { .key = "recording", .type = MG_SETTING_PATH, .summary = "Recording: the file" },
    { .key = "replay",
      .type = MG_SETTING_ENUM,
      .def = "lenient",
      .choices = replays,
      .summary = "Recording: how closely it is followed" },
    { .key = "speed",
      .type = MG_SETTING_ENUM,
      .def = "1",
      .choices = speeds,
      .summary = "Recording: how fast it is played" },
    { .key = "raw-log", .type = MG_SETTING_PATH, .summary = "Records all bytes of the line into this file" },
};
const MgTable line_settings = MG_TABLE (settings);

static const char *config_choice (const MgConfig *config, const char *key, const MgChoice *choices)
{
    gint64 value = mg_config_get_int (config, key);

    while (choices->nick != NULL && choices->value != value)
        choices++;
    return choices->nick;
}

static const char *config_need (const MgConfig *config, const char *key, const char *kind, GError **error)
{
    const char *text = mg_config_is_set (config, key) ? mg_config_get_string (config, key) : NULL;

    if (text == NULL || *text == 0)
        g_set_error (error, MG_ERROR, MG_ERROR_CONFIG, "%s: not set: a line of kind %s needs it", key, kind);
    return text != NULL && *text != 0 ? text : NULL;
}

static gpointer line_serial_port (const MgConfig *config, MghLineInfo *info, GError **error)
{
    PortSerialInfo serial = { .device = config_need (config, "device", "serial", error),
                              .baud = (guint32) mg_config_get_int (config, "baud"),
                              .mode = config_choice (config, "mode", modes),
                              .flow = (PortFlow) mg_config_get_int (config, "flow"),
                              .rs485 = (PortRs485) mg_config_get_int (config, "rs485"),
                              .rs485_low = mg_config_get_int (config, "rs485-send") == 1,
                              .rs485_before_us = mg_config_get_duration_us (config, "rs485-before"),
                              .rs485_after_us = mg_config_get_duration_us (config, "rs485-after") };

    if (serial.device == NULL)
        return NULL;
    if (serial.rs485 != PORT_RS485_NONE && serial.flow == PORT_FLOW_RTSCTS) {
        g_set_error_literal (error, MG_ERROR, MG_ERROR_CONFIG,
                             "flow: rtscts: RTS switches the direction already (rs485): expected none or xonxoff");
        return NULL;
    }
    info->baud = serial.baud;
    info->mode = serial.mode;
    return port_serial_new (&serial);
}

static gpointer line_tcp_port (const MgConfig *config, GError **error)
{
    const char *host = config_need (config, "host", "tcp", error);

    return host == NULL ? NULL : port_tcp_new (host);
}

static gpointer line_udp_port (const MgConfig *config, GError **error)
{
    const char *host = mg_config_is_set (config, "host") ? mg_config_get_string (config, "host") : NULL;
    const char *bind_to = mg_config_is_set (config, "bind") ? mg_config_get_string (config, "bind") : NULL;

    if (host != NULL || bind_to != NULL)
        return port_udp_new (host, bind_to);
    g_set_error_literal (error, MG_ERROR, MG_ERROR_CONFIG, "host: not set: a line of kind udp needs it, or bind");
    return NULL;
}

static MgLine *line_of_recording (const char *name, const MgConfig *config, GError **error)
{
    const char *path = config_need (config, "recording", "recording", error);
    MgLine *line = path == NULL ? NULL
                                : mgh_line_new_replay (path, (MghReplay) mg_config_get_int (config, "replay"),
                                                       mg_config_get_int (config, "speed") == 1, error);

    if (line != NULL)
        mgh_line_set_name (line, name);
    return line;
}

MgLine *line_from_config (const char *name, const MgConfig *config, MghClock *clock, GError **error)
{
    gint64 kind = mg_config_get_int (config, "kind");
    MghLineInfo info = { .struct_size = sizeof info,
                         .name = name,
                         .kind = config_choice (config, "kind", kinds),
                         .echo = mg_config_get_bool (config, "echo"),
                         .first_us = mg_config_get_duration_us (config, "first-timeout"),
                         .idle_us = mg_config_get_duration_us (config, "idle-timeout"),
                         .full_us = mg_config_get_duration_us (config, "full-timeout"),
                         .pause_us = mg_config_get_duration_us (config, "pause") };
    gpointer port = kind == KIND_SERIAL ? line_serial_port (config, &info, error)
                    : kind == KIND_TCP  ? line_tcp_port (config, error)
                    : kind == KIND_UDP  ? line_udp_port (config, error)
                                        : NULL;
    const MghPortOps *const ops[] = { &port_serial_ops, &port_tcp_ops, &port_udp_ops };
    g_autoptr (GError) why = NULL;
    MgLine *line;

    if (kind == KIND_RECORDING)
        line = line_of_recording (name, config, error);
    else
        line = port == NULL ? NULL : mgh_line_new (&info, ops[kind], port, clock);
    if (line != NULL && mg_config_is_set (config, "raw-log") &&
        !mgh_line_record (line, mg_config_get_string (config, "raw-log"), &why))
        g_warning ("raw log not written: %s", why->message);
    return line;
}
