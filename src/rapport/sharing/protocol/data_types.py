"""Pure: the data types that country protocols speak of, each with what it means.

The list is that of the published country protocols (docs/reference/protocol-file.md, Data types). An operation may name
types of its own: a type that is not here is questioned, not refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from rapport.sharing.protocol.model import Protocol

DATA_TYPES: Mapping[str, str] = {
    "situation_report": "what happened lately: situation reports, flash updates, snapshots",
    "needs_overview": "the published overview of needs, with its figures",
    "response_plan": "plans of the response, appeals, public strategies",
    "cod_boundaries": "outlines of administrative areas that all agreed to use",
    "population_statistics": "the agreed baseline of how many people live where",
    "population_estimates": "daily or unofficial estimates of how many people are where",
    "idp_statistics": "numbers of displaced people",
    "sex_age_breakdown": "figures by sex, age and the like",
    "3w_presence": "who does what where: 3W, 4W, 5W, presence of partners",
    "needs_assessment": "results of an assessment of needs",
    "survey_results": "results of a survey, with what they are broken down by",
    "survey_raw": "answers to a survey or an assessment as they were collected",
    "monitoring_data": "monitoring of protection, or after a distribution",
    "aid_worker_contacts": "how single persons are reached",
    "organisation_contacts": "an office's general address and number",
    "facilities": "schools, clinics, water points, shelters: where they are, and their state",
    "collective_sites": "sites where displaced people stay",
    "access_severity": "how hard it is to get somewhere, as a rating",
    "access_restrictions": "what keeps the response from getting somewhere",
    "access_incidents": "single events that kept it from getting there",
    "access_authorisations": "permits, and agreements with local authorities, to get there",
    "security_incidents": "incidents of security",
    "health_attacks": "attacks on health care",
    "explosive_ordnance": "mines and other explosives in the ground",
    "movement_notifications": "missions that were notified beforehand",
    "device_movement": "where people move, from phones or satellites",
    "evacuation": "evacuation and relocation",
    "area_delimitation": "lines between areas of control",
    "meeting_minutes": "minutes of internal meetings",
    "assessment_agreements": "agreements that allow an assessment",
    "protection_activities": "protection work, and where it is done",
    "feedback_complaints": "what affected people say, ask and complain of, apart from abuse",
    "sea": "sexual exploitation and abuse by aid workers",
    "gbv": "gender-based violence: cases or figures",
    "beneficiary_list": "names of people who get help",
    "biometrics": "fingerprints, faces and other marks of a body",
    "patient_records": "records of patients",
    "vulnerable_people": "where named displaced or vulnerable people are",
    "stock_pipeline": "relief goods in store and on their way",
    "disease_surveillance": "counts of diseases",
}


def named(protocol: Protocol) -> frozenset[str]:
    """The data types that any condition of the protocol names."""
    conditions = [*(one.condition for one in protocol.entries), *(one.condition for one in protocol.rules)]
    return frozenset(
        value for one in conditions for part in (one.when, one.unless) for value in part.get("data_type", ())
    )


def meant(value: str, known: Iterable[str] = DATA_TYPES) -> str:
    """The known name nearest to a misspelt one; "" where none is near."""
    names = list(known)
    return next(iter(get_close_matches(value, names, n=1) or get_close_matches(value.lower(), names, n=1)), "")
