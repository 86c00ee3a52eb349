"""Makes profile files and environments. Each case carries tags for what is unusual about it, so that a difference that
is meant can be told from one that is not."""

import json

ROLE = "arn:aws:iam::123456789012:role/"


class Case:
    def __init__(self):
        self.config = ""
        self.credentials = ""
        self.environment = {}
        self.profile = None
        self.tags = set()

    def __str__(self):
        return (f"profile {self.profile}, tags {sorted(self.tags)}, environment {json.dumps(self.environment)}\n"
                f"--- config\n{self.config}\n--- credentials\n{self.credentials}")


class Generator:
    """One profile file a case: some profiles of every kind, then something odd, then how one of them is chosen."""

    def __init__(self, rng, places, secret_of, token_of):
        self.rng, self.places, self.secret_of, self.token_of = rng, places, secret_of, token_of
        self.keys = 0

    def key(self, prefix="AKIA"):
        self.keys += 1
        return f"{prefix}{self.keys:016d}"

    def static(self, case):
        kind = self.rng.choice(["whole"] * 5 + ["temporary"] * 3 + ["no secret", "no id", "blank id", "blank secret", "none",
                                                                    "blank token"])
        key = self.key("ASIA" if kind == "temporary" else "AKIA")
        lines = {"aws_access_key_id": key, "aws_secret_access_key": self.secret_of(key)}
        if kind == "temporary":
            lines["aws_session_token"] = self.token_of(key)
        elif kind == "no secret":
            del lines["aws_secret_access_key"]
        elif kind == "no id":
            del lines["aws_access_key_id"]
        elif kind == "none":
            lines = {"region": "eu-west-1"}
        elif kind.startswith("blank"):
            lines[{"blank id": "aws_access_key_id", "blank secret": "aws_secret_access_key",
                   "blank token": "aws_session_token"}[kind]] = ""
        if kind not in ("whole", "temporary"):
            case.tags.add(kind)
        return lines

    def role(self, case, names):
        lines = {"role_arn": ROLE + self.rng.choice(["a", "b", "path/c"] * 4 + ["denied"])}
        source = self.rng.choice(["profile"] * 7 + ["environment", "both", "neither", "nowhere", "bad source"])
        if source in ("profile", "both"):
            lines["source_profile"] = self.rng.choice(names)
        elif source == "nowhere":
            lines["source_profile"] = "nobody"
        if source in ("environment", "both"):
            lines["credential_source"] = "Environment"
        elif source == "bad source":
            lines["credential_source"] = "Moon"
        case.tags.add("role: " + source)
        if self.rng.random() < 0.3:
            lines["external_id"] = "external:" + str(self.rng.randrange(9))
        if self.rng.random() < 0.3:
            lines["role_session_name"] = "session-" + str(self.rng.randrange(9))
        if self.rng.random() < 0.3:
            lines["duration_seconds"] = self.rng.choice(["900", "3600", "1000", "43200", "soon"])
            if lines["duration_seconds"] == "soon":
                case.tags.add("duration is no number")
        if self.rng.random() < 0.15:
            lines.update(self.static(case))
            case.tags.add("role with keys")
        return lines

    def process(self, case):
        kind = self.rng.choice(["good"] * 4 + ["quoted", "long-lived", "failing", "no json", "version 2", "no secret", "no id",
                                               "expired", "not there", "blank"])
        key = self.key("ASIA")
        answer = {"Version": 1, "AccessKeyId": key, "SecretAccessKey": self.secret_of(key),
                  "SessionToken": self.token_of(key), "Expiration": "2099-01-01T00:00:00Z"}
        if kind == "long-lived":
            answer["AccessKeyId"] = key = self.key()
            answer["SecretAccessKey"] = self.secret_of(key)
            del answer["SessionToken"], answer["Expiration"]
        elif kind == "version 2":
            answer["Version"] = 2
        elif kind == "no secret":
            del answer["SecretAccessKey"]
        elif kind == "no id":
            del answer["AccessKeyId"]
        elif kind == "expired":
            answer["Expiration"] = "2001-01-01T00:00:00Z"
        text = "certainly" if kind == "no json" else json.dumps(answer)
        file = self.places.file(f"answer-{self.keys}{' ' if kind == 'quoted' else ''}", text)
        case.tags.add("process: " + kind)
        return {"credential_process": {"failing": "/bin/false", "not there": "/nowhere/program", "blank": ""}.get(
            kind, f'/bin/cat "{file}"' if kind == "quoted" else f"/bin/cat {file}")}

    def web_identity(self, case):
        missing = self.rng.random() < 0.2
        if missing:
            case.tags.add("no token file")
        token = "/nowhere/token" if missing else self.places.file("token", "SECRETCANARY.web.identity")
        return {"role_arn": ROLE + "web", "web_identity_token_file": token}

    def sso(self, case):
        lines = {"sso_start_url": "https://a.awsapps.com/start", "sso_region": "us-east-1",
                 "sso_account_id": "123456789012", "sso_role_name": "reader"}
        if self.rng.random() < 0.3:
            del lines[self.rng.choice(sorted(lines))]
            case.tags.add("sso: incomplete")
        case.tags.add("sso")
        return lines

    def write(self, case, name, lines, in_config):
        heading = name
        if in_config and (name != "default" or self.rng.random() < 0.2):
            quote = '"' if " " in name else self.rng.choice(["", "", "", '"', "'"])
            heading = f"profile{self.rng.choice([' ', ' ', '  ', chr(9)])}{quote}{name}{quote}"
        text = self.rng.choice(["", "", "\n", "# comment\n", "; comment\n"]) + f"[{heading}]\n"
        for key, value in lines.items():
            if self.rng.random() < 0.1:
                key = key.upper()
            if self.rng.random() < 0.1:
                text += self.rng.choice(["# comment\n", "; a = b\n", "\n", "   \n", "unknown_key = 1\n",
                                         "s3 =\n  max_concurrent_requests = 20\n"])
            text += key + self.rng.choice([" = ", "=", " =", "= ", "  =\t"]) + value + self.rng.choice(["", "", " ", "\t"])
            text += "\n"
        if in_config:
            case.config += text
        else:
            case.credentials += text

    def profiles(self, case):
        names = ["default"] + self.rng.sample(["alice", "bob", "dave", "with space", "dot.ted", "p1", "profile", "UPPER",
                                               "a@b", "eve-1"], self.rng.randrange(1, 6))
        for name in names:
            if name == "default" and self.rng.random() < 0.3:
                continue
            kind = self.rng.choice(["static"] * 4 + ["role"] * 5 + ["process", "web identity", "sso"])
            in_config = kind != "static" or self.rng.random() < 0.5
            if kind in ("role",) and self.rng.random() < 0.1:
                in_config = False
            lines = {"static": self.static, "role": lambda c: self.role(c, names), "process": self.process,
                     "web identity": self.web_identity, "sso": self.sso}[kind](case)
            self.write(case, name, lines, in_config)
            if kind == "static" and self.rng.random() < 0.25:
                self.write(case, name, self.static(case), not in_config)
                case.tags.add("in both files")
        return names

    def chain(self, case):
        """Roles one upon the other, whole or broken."""
        depth = self.rng.randrange(1, 5)
        end = self.rng.choice(["static"] * 4 + ["process", "environment", "loop", "self", "self with keys", "nothing"])
        case.tags.add("chain ends: " + end)
        for level in range(depth):
            last = level == depth - 1
            lines = {"role_arn": ROLE + f"level{level}", "source_profile": f"level{level + 1}"}
            if last and end == "environment":
                del lines["source_profile"]
                lines["credential_source"] = "Environment"
            elif last and end == "loop":
                lines["source_profile"] = "level0"
            elif last and end.startswith("self"):
                lines["source_profile"] = f"level{level}"
                if end == "self with keys":
                    key = self.key()
                    lines.update({"aws_access_key_id": key, "aws_secret_access_key": self.secret_of(key)})
            self.write(case, f"level{level}", lines, True)
        if end in ("static", "process"):
            key = self.key()
            lines = {"aws_access_key_id": key, "aws_secret_access_key": self.secret_of(key)}
            if end == "process":
                lines = self.process(case)
            self.write(case, f"level{depth}", lines, end == "process" or self.rng.random() < 0.5)
        return ["level0"]

    def odd(self, case):
        """Something that a person could have typed."""
        key = self.key()
        pair = f"aws_access_key_id = {key}\naws_secret_access_key = {self.secret_of(key)}\n"
        oddity, text = self.rng.choice([
            ("comment after a value", f"[profile odd]\naws_access_key_id = {key} # mine\n"
                                      f"aws_secret_access_key = {self.secret_of(key)} ; secret\n"),
            ("hash within a value", f"[profile odd]\naws_access_key_id = {key}#1\n"
                                    f"aws_secret_access_key = {self.secret_of(key + '#1')}\n"),
            ("comment after a heading", f"[profile odd] # comment\n{pair}"),
            ("spaces in a heading", f"[ profile odd ]\n{pair}"),
            ("heading without profile", f"[odd]\n{pair}"),
            ("colon for equals", f"[profile odd]\naws_access_key_id : {key}\n"
                                 f"aws_secret_access_key : {self.secret_of(key)}\n"),
            ("same key twice", f"[profile odd]\naws_access_key_id = {self.key()}\n{pair}"),
            ("same profile twice", f"[profile odd]\nregion = eu-west-1\n[profile odd]\n{pair}"),
            ("both defaults", f"[default]\n{pair}[profile default]\n"
                              + pair.replace(key, self.key())),
            ("both defaults, other order", f"[profile default]\n{pair}[default]\n"
                                           + pair.replace(key, self.key())),
            ("indented first key", f"[profile odd]\n  {pair}"),
            ("continued value", f"[profile odd]\ndescription = one\n  two\n  three\n{pair}"),
            ("line without equals", f"[profile odd]\nnonsense\n{pair}"),
            ("line before any heading", f"region = eu-west-1\n[profile odd]\n{pair}"),
            ("heading without end", f"[profile odd\n{pair}"),
            ("empty heading", f"[]\n[profile odd]\n{pair}"),
            ("key without a name", f"[profile odd]\n= value\n{pair}"),
            ("carriage returns", f"[profile odd]\n{pair}".replace("\n", "\r\n")),
            ("byte order mark", "\ufeff" + f"[profile odd]\n{pair}"),
            ("no line end", f"[profile odd]\n{pair}".rstrip("\n")),
            ("quoted value", f"[profile odd]\naws_access_key_id = \"{key}\"\n"
                             f"aws_secret_access_key = {self.secret_of(chr(34) + key + chr(34))}\n"),
            ("percent sign", f"[profile odd]\naws_access_key_id = {key}%\n"
                             f"aws_secret_access_key = {self.secret_of(key + '%')}\n"),
            ("equals in a value", f"[profile odd]\naws_access_key_id = {key}==\n"
                                  f"aws_secret_access_key = {self.secret_of(key + '==')}\n"),
            ("umlaut in a name", f"[profile m\u00fcller]\n{pair}"),
        ])
        case.tags.add(oddity)
        case.config = text
        return [{"umlaut in a name": "m\u00fcller"}.get(oddity, "default" if "defaults" in oddity else "odd")]

    def environment(self, case):
        kind = self.rng.choice(["none"] * 6 + ["whole", "temporary", "no secret", "no id", "blank id", "blank both"])
        if kind == "none":
            return
        key = self.key("ASIA" if kind == "temporary" else "AKIA")
        variables = {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": self.secret_of(key)}
        if kind == "temporary":
            variables["AWS_SESSION_TOKEN"] = self.token_of(key)
        elif kind == "no secret":
            del variables["AWS_SECRET_ACCESS_KEY"]
        elif kind == "no id":
            del variables["AWS_ACCESS_KEY_ID"]
        elif kind == "blank id":
            variables["AWS_ACCESS_KEY_ID"] = ""
        elif kind == "blank both":
            variables = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
        case.tags.add("environment: " + kind)
        case.environment.update(variables)

    def choose(self, case, names):
        name = self.rng.choice(names)
        how = self.rng.choice(["code"] * 12 + ["AWS_PROFILE"] * 6 + ["AWS_DEFAULT_PROFILE"] * 2 + ["both variables", "blank", "none"] * 2
                              + ["missing", "missing by variable"])
        if how == "code":
            case.profile = name
        elif how in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE"):
            case.environment[how] = name
        elif how == "both variables":
            case.environment["AWS_PROFILE"] = name
            case.environment["AWS_DEFAULT_PROFILE"] = self.rng.choice(names)
        elif how == "blank":
            case.environment["AWS_PROFILE"] = ""
        elif how == "missing":
            case.profile = "nobody"
        elif how == "missing by variable":
            case.environment["AWS_PROFILE"] = "nobody"
        case.tags.add("chosen: " + how)

    def case(self):
        case = Case()
        names = self.rng.choice([self.profiles] * 5 + [self.chain] * 3 + [self.odd] * 3)(case)
        self.environment(case)
        self.choose(case, names)
        return case
