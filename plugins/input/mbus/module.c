/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* module.c: what the mbus plugin offers, and what can be set. */
#include <metergate.h>

#include "decode.h"
#include "driver.h"
#include "scan.h"

static const MgSetting mbus_channel_settings[] = {
    { .key = "reset",
      .type = MG_SETTING_BOOL,
      .def = "yes",
      .summary = "Send SND_NKE before each readout by primary address",
      .help = "It makes a meter begin with its first telegram and forget which one was sent last. Switch it off for "
              "meters that do not "
              "acknowledge it. Meters with a secondary address are selected instead." },
    { .key = "repeats",
      .type = MG_SETTING_INT,
      .def = "2",
      .min = "0",
      .max = "10",
      .summary = "How often a request is repeated when its answer was lost or damaged",
      .help = "Counts once the meter has answered within this readout. A meter that has not said anything is asked "
              "once; the channel's "
              "`attempts` ask again." },
    { .key = "max-telegrams",
      .type = MG_SETTING_INT,
      .flags = MG_SETTING_ADVANCED,
      .def = "32",
      .min = "1",
      .max = "255",
      .summary = "Longest readout of a meter that spreads its values over several telegrams" },
    { .key = "first-timeout",
      .type = MG_SETTING_DURATION,
      .flags = MG_SETTING_ADVANCED,
      .min = "1ms",
      .max = "1min",
      .summary = "Longest wait for the first byte of an answer",
      .help = "Without it the line decides: what EN 13757-2 allows a meter (330 bit times and 50 ms), stretched where "
              "answers were seen "
              "to come late." },
    { .key = "idle-timeout",
      .type = MG_SETTING_DURATION,
      .flags = MG_SETTING_ADVANCED,
      .min = "1ms",
      .max = "1min",
      .summary = "Silence that ends an unfinished telegram",
      .help = "Without it the line decides." },
    { .key = "full-timeout",
      .type = MG_SETTING_DURATION,
      .flags = MG_SETTING_ADVANCED,
      .min = "10ms",
      .max = "5min",
      .summary = "Longest time from the first to the last byte of a telegram",
      .help = "Without it the line decides." },
};

static const MgSetting mbus_device_settings[] = {
    { .key = "address",
      .type = MG_SETTING_STRING,
      .flags = MG_SETTING_REQUIRED,
      .min = "1",
      .max = "40",
      .summary = "Primary address 0 to 250, or secondary address",
      .help =
          "A secondary address is manufacturer, identification, version and medium: `KAM-12345678-8-4`. `*` and digits "
          "F of the "
          "identification stand for anything. `12345678` and the 16 hex digits of other tools, `123456782D2C0804`, are "
          "taken as well." },
    { .key = "check-address",
      .type = MG_SETTING_BOOL,
      .flags = MG_SETTING_ADVANCED,
      .def = "yes",
      .summary = "Refuse answers that name another primary address",
      .help = "Off for meters that always answer with the same address." },
};

static const MgChoice mbus_scan_modes[] = {
    { "secondary", MBUS_SCAN_SECONDARY, "secondary addresses, the order of the digits learned from the first meters" },
    { "primary", MBUS_SCAN_PRIMARY, "primary addresses, one after the other" },
    { "reverse", MBUS_SCAN_REVERSE, "secondary addresses, from the last digit" },
    { NULL, 0, NULL },
};
static const MgChoice mbus_scan_confirms[] = {
    { "auto", MBUS_CONFIRM_AUTO, "when answers were lost or came late" },
    { "yes", MBUS_CONFIRM_YES, "always" },
    { "no", MBUS_CONFIRM_NO, "never" },
    { NULL, 0, NULL },
};

static const MgSetting mbus_scan_settings[] = {
    { .key = "mode",
      .type = MG_SETTING_ENUM,
      .def = "secondary",
      .choices = mbus_scan_modes,
      .summary = "By which addresses meters are searched" },
    { .key = "from",
      .type = MG_SETTING_INT,
      .def = "0",
      .min = "0",
      .max = "250",
      .summary = "Primary: first address" },
    { .key = "to", .type = MG_SETTING_INT, .def = "250", .min = "0", .max = "250", .summary = "Primary: last address" },
    { .key = "retries",
      .type = MG_SETTING_INT,
      .def = "0",
      .min = "0",
      .max = "10",
      .summary = "Primary: how often an address that does not answer is asked again" },
    { .key = "mask",
      .type = MG_SETTING_STRING,
      .def = "FFFFFFFF",
      .min = "1",
      .max = "31",
      .summary = "Secondary: only meters with such an address",
      .help = "Eight digits of the identification, F for any; missing ones are zeros in front. Or a whole secondary "
              "address with `*` for what may be anything: `KAM-33FFFFFF-*-4`." },
    { .key = "confirm",
      .type = MG_SETTING_ENUM,
      .def = "auto",
      .choices = mbus_scan_confirms,
      .summary = "Secondary: ask each mask again at the end, but for those that collided",
      .help = "Finds meters that do not answer each request, and takes as long as the first look." },
};

static const MgDriverOps mbus_ops = MG_INIT (
    MgDriverOps, .interface = "MBus", .channel_settings = MG_TABLE (mbus_channel_settings),
    .device_settings = MG_TABLE (mbus_device_settings), .scan_settings = MG_TABLE (mbus_scan_settings),
    .create = mbus_create, .destroy = mbus_destroy, .device_check = mbus_device_check, .device_new = mbus_device_new,
    .device_free = mbus_device_free, .read = mbus_read, .probe = mbus_probe, .scan = mbus_scan, .decode = mbus_decode);

static const MgFeature mbus_features[] = {
    { .kind = MG_KIND_DRIVER,
      .maturity = MG_MATURITY_BETA,
      .name = "mbus",
      .summary = "Meters on a wired M-Bus (EN 13757-2, -3, -7)",
      .ops = &mbus_ops },
};

MG_MODULE_DEFINE (.name = "mbus", .version = "0.1.0", .vendor = "Metergate", .license = "LGPL-2.1-or-later",
                  .features = MG_TABLE (mbus_features));
