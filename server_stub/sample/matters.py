"""事项: some forty matters of the sample hall, each with its law, limits, list of materials and form.

One line a matter:  id | name | prefix | minutes | promised | statutory | law and article | nature | list | form
The prefix tells the office. Limits are working days. The laws are real; the lists are shortened for a sample.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

OFFICE_OF_PREFIX: Final = {
    "A": "registration",
    "B": "food",
    "C": "construction",
    "D": "social",
    "E": "culture",
    "F": "notary",
}


class SampleMatter(msgspec.Struct, frozen=True):
    """A matter; `listed` and `form` name entries of `LISTS` and `FORMS`."""

    id: str
    name: str
    prefix: str
    minutes: int
    promised: int
    statutory: int
    basis: str
    nature: str
    listed: str
    form: str

    @property
    def office(self) -> str:
        """The office that owns it."""
        return OFFICE_OF_PREFIX[self.prefix]

    @property
    def licence(self) -> tuple[str | None, int]:
        """What its licence is called and for how many years it holds."""
        return LICENCES.get(self.id, (None, 0))

    @property
    def materials(self) -> list[tuple[str, bool]]:
        """(name, required) of its materials."""
        return [(name.rstrip("?"), not name.endswith("?")) for name in LISTS[self.listed].split()]

    @property
    def fields(self) -> list[tuple[str, str, bool, bool]]:
        """(key, label, required, personal) of its form."""
        return [_FIELDS[key] for key in FORMS[self.form].split()]

    def body(self) -> dict[str, Any]:
        """The columns of the record."""
        return {
            "name": self.name,
            "office": self.office,
            "prefix": self.prefix,
            "expected_minutes": self.minutes,
            "promised_days": self.promised,
            "statutory_days": self.statutory,
            "basis": self.basis,
            "nature": self.nature,
            "licence": self.licence[0],
            "licence_years": self.licence[1],
            "materials": [{"name": name, "required": required} for name, required in self.materials],
            "fields": [
                {"name": key, "label": label, "required": required, "personal": personal}
                for key, label, required, personal in self.fields
            ],
        }


# A material that may be missing ends in "?".
LISTS: Final = {
    "setup": "设立登记申请书 公司章程 股东主体资格证明 法定代表人身份证明 住所使用证明 委托书?",
    "change": "变更登记申请书 股东会决议 章程修正案 营业执照正副本 新任人员身份证明 任职文件?",
    "cancel": "注销登记申请书 清算报告 清税证明 营业执照正副本 公告样张?",
    "trader": "个体工商户登记申请书 经营者身份证明 经营场所使用证明",
    "food": "食品经营许可申请书 营业执照副本 操作流程与布局图 食品安全管理制度 从业人员健康证明?",
    "renew": "延续申请书 原许可证正副本 条件未变化声明",
    "device": "许可申请表 质量管理人员证明 经营场所与库房平面图 质量管理制度目录",
    "works": "施工许可申请表 用地批准手续 建设工程规划许可证 施工合同 资金安排承诺",
    "street": "占用挖掘申请表 施工平面图 交通组织方案 恢复协议?",
    "drain": "排水许可申请表 排水口位置图 水质检测报告 预处理设施说明?",
    "transport": "道路运输申请表 车辆行驶证 驾驶人员从业资格证 安全生产制度",
    "body": "登记申请书 章程草案 验资报告 拟任负责人身份证明 场所使用证明",
    "labour": "许可申请书 营业执照副本 经营场所证明 管理制度文本 专职人员证明?",
    "social": "办理申请表 身份证明 银行账户信息?",
    "school": "办学申请报告 举办者资格证明 章程 场地与消防证明 教师资格名单",
    "venue": "经营许可申请书 场所平面图 消防检查合格证明 安全管理制度 投资人声明?",
    "health": "卫生许可申请表 场所平面布局图 卫生检测报告 从业人员健康证明",
    "clinic": "设置申请书 选址报告 建筑设计平面图 拟任负责人资格证明",
    "notary": "公证申请表 当事人身份证明 拟公证的文书 权利凭证?",
}
_FIELDS: Final = {
    "name": ("name", "名称", True, False),
    "legal_representative": ("legal_representative", "法定代表人", True, False),
    "capital": ("capital", "注册资本（万元）", True, False),
    "address": ("address", "住所", True, False),
    "business_scope": ("business_scope", "经营范围", True, False),
    "contact": ("contact", "联系人", True, True),
    "phone": ("phone", "联系电话", True, True),
    "id_number": ("id_number", "身份证号", True, True),
    "area": ("area", "面积（平方米）", False, False),
    "reason": ("reason", "办理事由", False, False),
    "period": ("period", "起止日期", False, False),
    "licence": ("licence", "原许可证编号", False, False),
    "purpose": ("purpose", "用途", True, False),
}
FORMS: Final = {
    "company": "name legal_representative capital address business_scope contact phone",
    "trader": "name address business_scope contact phone id_number",
    "premises": "name legal_representative address area business_scope contact phone",
    "renewal": "name licence address reason contact phone",
    "works": "name address area period reason contact phone",
    "person": "contact phone id_number address reason",
    "notary": "contact phone id_number purpose",
}

# Matters that end with a licence of their own: its name, and its years where the law sets them (0: without end).
LICENCES: Final[dict[str, tuple[str, int]]] = {
    **dict.fromkeys(("a01", "a02", "a03", "a04", "a05", "a07", "a08"), ("营业执照", 0)),
    **dict.fromkeys(("b01", "b02", "b03"), ("食品经营许可证", 5)),
    "b05": ("药品经营许可证", 5),
    "b06": ("医疗器械经营许可证", 5),
    "c04": ("城镇污水排入排水管网许可证", 5),
    "d03": ("劳务派遣经营许可证", 3),
    "e03": ("卫生许可证", 4),
    "e04": ("卫生许可证", 4),
    "e06": ("高危险性体育项目经营许可证", 5),
}

_MARKET = "《中华人民共和国市场主体登记管理条例》"
_TABLE: Final = f"""
a01|公司设立登记|A|20|1|3|{_MARKET}第十六条、第十九条|permit|setup|company
a02|公司变更登记（法定代表人等）|A|12|1|3|{_MARKET}第二十四条|permit|change|company
a03|经营范围变更登记|A|7|1|3|{_MARKET}第二十四条|permit|change|company
a04|住所变更登记|A|9|1|3|{_MARKET}第二十四条、第二十七条|permit|change|company
a05|注册资本变更登记|A|10|1|3|{_MARKET}第二十四条|permit|change|company
a06|公司注销登记|A|14|1|3|{_MARKET}第三十一条|permit|cancel|company
a07|个体工商户设立登记|A|6|1|3|{_MARKET}第十六条、第十九条|permit|trader|trader
a08|个体工商户变更登记|A|6|1|3|{_MARKET}第二十四条|permit|trader|trader
a09|章程与董事监事备案|A|8|1|3|{_MARKET}第二十九条|service|change|company
a10|营业执照补领换领|A|5|1|3|{_MARKET}第三十七条|service|renew|renewal
b01|食品经营许可核发|B|12|5|20|《中华人民共和国食品安全法》第三十五条|permit|food|premises
b02|食品经营许可延续|B|9|3|20|《中华人民共和国食品安全法》第三十五条|permit|renew|renewal
b03|食品经营许可变更|B|9|3|20|《中华人民共和国食品安全法》第三十五条|permit|food|premises
b04|仅销售预包装食品备案|B|5|1|5|《中华人民共和国食品安全法》第三十五条|service|renew|premises
b05|药品零售许可核发|B|15|10|20|《中华人民共和国药品管理法》第五十一条|permit|device|premises
b06|第三类医疗器械经营许可|B|15|10|20|《医疗器械监督管理条例》第四十二条|permit|device|premises
b07|第二类医疗器械经营备案|B|8|1|5|《医疗器械监督管理条例》第四十一条|service|device|premises
c01|建筑工程施工许可|C|18|3|7|《中华人民共和国建筑法》第七条、第八条|permit|works|works
c02|临时占用城市道路|C|12|5|20|《城市道路管理条例》第三十一条|permit|street|works
c03|挖掘城市道路|C|14|7|20|《城市道路管理条例》第三十三条|permit|street|works
c04|污水排入排水管网许可|C|12|8|20|《城镇排水与污水处理条例》第二十一条|permit|drain|works
c05|道路货物运输经营许可|C|10|5|20|《中华人民共和国道路运输条例》第二十四条|permit|transport|premises
c06|道路货物运输经营许可延续|C|8|3|20|《中华人民共和国道路运输条例》第二十四条|permit|renew|renewal
c07|改变绿化用地临时占用|C|12|10|20|《城市绿化条例》第二十条|permit|street|works
d01|民办非企业单位成立登记|D|18|15|60|《民办非企业单位登记管理暂行条例》第十一条|permit|body|premises
d02|社会团体变更登记|D|12|10|20|《社会团体登记管理条例》第十八条|permit|change|premises
d03|劳务派遣经营许可|D|14|8|20|《中华人民共和国劳动合同法》第五十七条|permit|labour|premises
d04|人力资源服务许可|D|14|8|20|《人力资源市场暂行条例》第十八条|permit|labour|premises
d05|企业社会保险登记|D|6|1|15|《中华人民共和国社会保险法》第五十七条|service|social|premises
d06|灵活就业人员参保登记|D|6|1|15|《中华人民共和国社会保险法》第五十八条|service|social|person
d07|特殊工时制度审批|D|12|8|20|《中华人民共和国劳动法》第三十九条|permit|labour|premises
e01|民办培训学校设立|E|20|20|60|《中华人民共和国民办教育促进法》第十二条|permit|school|premises
e02|娱乐场所经营许可|E|15|10|20|《娱乐场所管理条例》第九条|permit|venue|premises
e03|公共场所卫生许可|E|10|5|20|《公共场所卫生管理条例》第四条|permit|health|premises
e04|公共场所卫生许可延续|E|7|2|20|《公共场所卫生管理条例》第四条|permit|renew|renewal
e05|诊所以外医疗机构设置审批|E|16|15|30|《医疗机构管理条例》第九条|permit|clinic|premises
e06|高危险性体育项目经营许可|E|14|10|20|《全民健身条例》第三十二条|permit|venue|premises
e07|出版物零售经营许可|E|9|5|20|《出版管理条例》第三十五条|permit|venue|premises
f01|委托书公证|F|12|5|15|《中华人民共和国公证法》第十一条|service|notary|notary
f02|出生与亲属关系公证|F|14|5|15|《中华人民共和国公证法》第十一条|service|notary|notary
f03|合同公证|F|18|8|15|《中华人民共和国公证法》第十一条|service|notary|notary
f04|公证材料核验|F|7|1|15|《中华人民共和国公证法》第二十八条|service|notary|notary
"""


def _read(line: str) -> SampleMatter:
    id, name, prefix, minutes, promised, statutory, basis, nature, listed, form = line.split("|")
    return SampleMatter(id, name, prefix, int(minutes), int(promised), int(statutory), basis, nature, listed, form)


MATTERS: Final = tuple(_read(line) for line in _TABLE.split("\n") if line)
BY_ID: Final = {matter.id: matter for matter in MATTERS}
