/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* module.c: the plugin driver-system: what can be set. */
#include <metergate.h>

#include "driver.h"

static const MgSetting channel_settings[] = {
    { .key = "inputs",
      .type = MG_SETTING_STRING,
      .flags = MG_SETTING_LIST,
      .summary = "Digital inputs of the gateway",
      .help = "NAME=gpiochipN:LINE (a line of the kernel's GPIO interface) or NAME=/FILE (a file that holds 0 or 1, "
              "such as "
              "/sys/class/gpio/gpio17/value), apart by `;`. `!` before the place turns the level round: "
              "`door=!gpiochip0:17`. The point is "
              "`input.NAME`. None: the gateway has no inputs." },
    { .key = "disk",
      .type = MG_SETTING_PATH,
      .flags = MG_SETTING_ADVANCED,
      .summary = "Folder whose file system is watched",
      .help = "Without it, the one that holds the databases." },
};

static const MgSetting device_settings[] = {
    { .key = "address",
      .type = MG_SETTING_STRING,
      .def = "system",
      .min = "1",
      .max = "32",
      .summary = "Any name; a channel has one such meter, the gateway itself" },
};

static const MgDriverOps ops = MG_INIT (
    MgDriverOps, .interface = "System", .flags = MG_DRIVER_NO_LINE, .channel_settings = MG_TABLE (channel_settings),
    .device_settings = MG_TABLE (device_settings), .create = system_create, .destroy = system_destroy,
    .device_new = system_device_new, .device_free = system_device_free, .read = system_read);

static const MgFeature features[] = {
    { .kind = MG_KIND_DRIVER,
      .maturity = MG_MATURITY_BETA,
      .name = "system",
      .summary = "The gateway itself: processor, memory, disk, uptime, queues, digital inputs",
      .ops = &ops },
};

MG_MODULE_DEFINE (.name = "system", .version = "0.1.0", .vendor = "Metergate", .license = "LGPL-2.1-or-later",
                  .features = MG_TABLE (features));
